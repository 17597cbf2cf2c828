/** The documents say what the code's tables say, and nothing here names a registry or a machine's path. */
import assert from "node:assert/strict";
import { hookVariables } from "../src/cli/waiting/hook.ts";
import { settingTable } from "../src/cli/settings/settings.ts";
import { version } from "../src/cli/version.ts";
import { currentText, documentedFiles } from "../tools/docs.ts";
import configuration from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url).pathname;

for (const file of documentedFiles) {
  Deno.test(`the generated lists of ${file} are current (deno task docs)`, async () => {
    assert.equal(await Deno.readTextFile(root + file), await currentText(file));
  });
}

Deno.test("the program and deno.json have one version", () => {
  assert.equal(version, configuration.version);
});

Deno.test("every variable that a source file reads is in the settings table", async () => {
  const known = new Set<string>(
    Object.values(settingTable).flatMap(({ variable }) => variable ?? []),
  );
  const { stdout } = await new Deno.Command("grep", {
    args: ["-rhoE", "MAILCTL_[A-Z0-9_]+", `${root}src`],
  }).output();
  const used = new Set(new TextDecoder().decode(stdout).trim().split("\n"));
  used.delete("MAILCTL_"); // the family, in words
  for (const variable of hookVariables) used.delete(variable); // written, not read
  assert.deepEqual([...used].filter((variable) => !known.has(variable)), []);
});
