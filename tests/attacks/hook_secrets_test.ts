/** What a program that mail is handed to could learn by its environment: no setting that is a secret, nor the way to one. */
import assert from "node:assert/strict";
import { settingTable } from "../../src/cli/settings/settings.ts";
import { inherited } from "../../src/cli/settings/inherited.ts";

/** Every variable of a setting that holds a secret or leads to one; a new one belongs here. */
const secrets = [
  "MAILCTL_INVITE",
  "MAILCTL_NEW_PASSWORD",
  "MAILCTL_NEW_PASSWORD_FILE",
  "MAILCTL_PASSPHRASE",
  "MAILCTL_PASSPHRASE_FILE",
  "MAILCTL_PASSWORD",
  "MAILCTL_PASSWORD_COMMAND",
  "MAILCTL_PASSWORD_FILE",
];

Deno.test("a hook inherits every variable of mailctl but the secrets", () => {
  const names = Object.values(settingTable).map(({ variable }) => variable)
    .filter((variable) => variable !== null);
  const all = Object.fromEntries([...names, "PATH"].map((name) => [name, "x"]));
  const kept = Object.keys(inherited(all));
  assert.deepEqual(names.filter((name) => !kept.includes(name)).toSorted(), secrets);
  assert.deepEqual(inherited({ DENO_DIR: "cache", DENO_NO_UPDATE_CHECK: "1" }), {});
  assert.ok(kept.includes("PATH") && kept.includes("MAILCTL_SERVER"));
});

Deno.test("a setting whose name or meaning is of a secret is marked as one", () => {
  for (const [name, { variable, meaning, secret }] of Object.entries(settingTable)) {
    const looksSecret = /PASSWORD|PASSPHRASE|INVITE|SECRET|TOKEN|CODE/.test(variable ?? "");
    assert.equal(secret === true && variable !== null, looksSecret, `${name}: ${meaning}`);
  }
});
