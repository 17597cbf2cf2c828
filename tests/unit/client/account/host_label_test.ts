/** What a machine is called where nobody says it. */
import assert from "node:assert/strict";
import { hostLabel } from "../../../../src/client/account/host_label.ts";
import { requireLabel } from "../../../../src/model/label.ts";

const names: readonly [hostname: string, label: string][] = [
  ["laptop", "laptop"],
  ["laptop.example.org", "laptop"],
  ["", "mailctl"],
  [".local", "mailctl"],
  ["a\u001b[2J", "a[2J"],
  ["my laptop", "mylaptop"],
  ["büro", "büro"],
  ["n".repeat(64), "n".repeat(32)],
];

for (const [hostname, label] of names) {
  Deno.test(`host label: ${JSON.stringify(hostname)} is ${label}`, () => {
    assert.equal(hostLabel(hostname), label);
    requireLabel(label, "a device");
  });
}
