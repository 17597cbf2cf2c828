import { deepEqual, equal, ok } from "node:assert/strict";
import { allCommandHelps } from "../../../../src/cli/help/command_help.ts";
import { commandTable } from "../../../../src/cli/command_table.ts";
import { helpPage } from "../../../../src/cli/help/help_page.ts";
import { settingTable } from "../../../../src/cli/settings/settings.ts";
import { version } from "../../../../src/cli/version.ts";
import { failures } from "../../../../src/model/errors.ts";

Deno.test("every command has help with an example of itself", async () => {
  const helps = await allCommandHelps(commandTable);
  deepEqual(helps.map(({ name }) => name), commandTable.names);
  for (const { name, brief, examples } of helps) {
    ok(examples.some((line) => line.includes(`mailctl ${name}`)), name);
    ok(brief.length <= 56, brief);
  }
});

Deno.test("the help of exit codes and settings leaves none out", async () => {
  const exits = await helpPage("exit-statuses", commandTable);
  for (const [code, { exit }] of Object.entries(failures)) {
    ok(new RegExp(`^ +${exit}  ${code} `, "m").test(exits), code);
  }
  const settings = await helpPage("environment", commandTable);
  for (const { variable } of Object.values(settingTable)) {
    if (variable !== null) ok(settings.includes(variable), variable);
  }
});

Deno.test("the version is that of deno.json", async () => {
  const { default: config } = await import("../../../../deno.json", { with: { type: "json" } });
  equal(version, config.version);
});
