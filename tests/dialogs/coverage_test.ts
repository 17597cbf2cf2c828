/** Every command has a dialog, and every failure of the table is seen by one, or by the test that is named here. */
import assert from "node:assert/strict";
import { commandTable } from "../../src/cli/command_table.ts";
import { type FailureCode, failures } from "../../src/model/errors.ts";
import { parseDialog } from "../support/dialog.ts";
import { dialogNames, readDialog, shares } from "./share.ts";

/** What takes more than a transcript: a hostile peer, a full disk. */
const elsewhere: ReadonlyMap<FailureCode, string> = new Map([
  ["internal", "hostile_server_test.ts"],
  ["storage_full", "full_disk_test.ts"],
  ["storage_failed", "full_disk_test.ts"],
  ["protocol", "trust_test.ts"],
  ["key_changed", "hostile_server_test.ts"],
  ["bad_signature", "hostile_server_test.ts"],
]);

const folder = import.meta.dirname!;
const dialogs = new Map(dialogNames.map((name) => [name, readDialog(name)]));

Deno.test("every dialog is played by one of the files here", () => {
  const played = [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("dialogs_"))
    .map(({ name }) => /^playShare\((\d+)\);$/m.exec(Deno.readTextFileSync(`${folder}/${name}`))?.[1]);
  const all = Array.from({ length: shares }, (_, at) => `${at + 1}`);
  assert.deepEqual(played.sort(), all);
});

Deno.test("every command has a dialog with its help, a success and a failure", () => {
  for (const name of commandTable.names) {
    const steps = parseDialog(dialogs.get(name.replaceAll(" ", "_")) ?? "").filter((action) => "command" in action);
    assert.ok(steps.some(({ command }) => /(--help|help)/.test(command)), `${name}: help`);
    const own = steps.filter(({ command }) => command.includes(`mailctl ${name}`));
    assert.ok(own.some(({ status }) => status === 0), `${name}: success`);
    assert.ok(own.some(({ status }) => status !== 0), `${name}: failure`);
  }
});

Deno.test("every exit status is the end of a dialog, or of the test named for it", () => {
  const seen = new Set(
    [...dialogs.values()].flatMap(parseDialog).map((each) => "command" in each ? each.status : 0),
  );
  for (const [code, { exit }] of Object.entries(failures)) {
    const test = elsewhere.get(code as FailureCode);
    if (test === undefined) assert.ok(seen.has(exit), `${code} (${exit}) is in no dialog`);
    else assert.match(Deno.readTextFileSync(`${folder}/../e2e/${test}`), new RegExp(`\\b${exit}\\b`));
  }
});
