import assert from "node:assert/strict";
import { findRecipients } from "../../../../src/cli/sendmail/recipients.ts";
import { utf8 } from "../../../../src/model/bytes.ts";

const header = "To: dora, Eve <eve@mail.test>\r\nCc: broken <x\r\n";
const fine = "To: dora, Eve <eve@mail.test>\r\nBcc: fritz\r\n";

const cases: readonly [
  args: readonly string[],
  fields: string | null,
  recipients: readonly string[],
  fault: string | null,
][] = [
  [["bob"], null, ["bob"], null],
  [["bob,alice"], null, ["bob", "alice"], null],
  [["bob+log", "carol+x@mail.test"], null, ["bob+log", "carol+x@mail.test"], null],
  [["bob, alice"], null, ["bob", "alice"], null],
  [[" bob ,, alice,"], null, ["bob", "alice"], null],
  [["bob,alice", "carol@mail.test"], null, ["bob", "alice", "carol@mail.test"], null],
  [["Bob <bob@mail.test>,<alice>"], null, ["bob@mail.test", "alice"], null],
  [["staff: bob, alice;"], null, ["bob", "alice"], null],
  [["bob,alice"], fine, ["bob", "alice", "dora", "eve@mail.test", "fritz"], null],
  [[], fine, ["dora", "eve@mail.test", "fritz"], null],
  [[], null, [], "usage"],
  [[""], null, [""], "usage"],
  [[","], null, [","], "usage"],
  [["bob alice"], null, ["bob alice"], "malformed"],
  [["bob,<alice"], null, ["bob,<alice"], "malformed"],
  [["|/bin/sh"], null, ["|/bin/sh"], "malformed"],
  [["bob"], header, ["bob", "dora", "eve@mail.test", "(unreadable field)"], "malformed"],
];

for (const [args, fields, recipients, code] of cases) {
  Deno.test(`recipients of ${JSON.stringify(args)}${fields === null ? "" : " -t"}: ${code}`, async () => {
    const query = { recipients: args, readsRecipients: fields !== null };
    const found = await findRecipients(query, utf8(fields ?? ""), null);
    assert.deepEqual(found.recipients, recipients);
    assert.equal(found.fault?.code ?? null, code);
  });
}
