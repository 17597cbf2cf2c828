/** Who a name of the machine stands for, and what a file of aliases is refused for. */
import assert from "node:assert/strict";
import { maxAliasesBytes, parseAliases } from "../../../../src/client/submission/parse_aliases.ts";

const file = `# who gets the mail of the machine
root: alice
Ops : alice, Bob <bob@mail.test>,
   carol   # a line goes on
	, dora@mail.test

postmaster:root
staff: ops, root, staff, ops
bob: bob, root
www-data: "eve"@mail.test
`;

const meant: readonly [recipient: string, addresses: readonly string[]][] = [
  ["root", ["alice"]],
  ["ROOT", ["alice"]],
  ["ops", ["alice", "bob@mail.test", "carol", "dora@mail.test"]],
  ["postmaster", ["alice"]],
  ["staff", ["alice", "bob@mail.test", "carol", "dora@mail.test", "staff"]],
  ["bob", ["bob", "alice"]],
  ["www-data", ["eve@mail.test"]],
  ["root@mail.test", ["root@mail.test"]],
  ["root+cron", ["alice"]],
  ["fritz+cron", ["fritz+cron"]],
  ["root@localhost", ["root@localhost"]],
  ["fritz", ["fritz"]],
  ["_apt", ["_apt"]],
  ["default", ["default"]],
];

const hasAccount = (name: string) => Promise.resolve(/^fritz(\+|$)/.test(name));

for (const [recipient, addresses] of meant) {
  Deno.test(`${recipient} is ${addresses.join(", ")}`, async () => {
    const found = await parseAliases(file, "f").resolve(recipient, hasAccount);
    assert.deepEqual([...found].sort(), [...addresses].sort());
  });
}

const others: readonly [recipient: string, addresses: readonly string[]][] = [
  ["nobody", ["alice", "bob"]],
  ["_apt", ["alice", "bob"]],
  ["fritz", ["fritz"]],
  ["fritz+x", ["fritz+x"]],
  ["nobody+x", ["alice", "bob"]],
  ["lead", ["missing"]],
  ["nobody@mail.test", ["nobody@mail.test"]],
];

for (const [recipient, addresses] of others) {
  Deno.test(`with a default, ${recipient} is ${addresses.join(", ")}`, async () => {
    const aliases = parseAliases("lead: missing\ndefault: root, bob\nroot: alice\n", "f");
    assert.deepEqual(await aliases.resolve(recipient, hasAccount), addresses);
  });
}

const steps = Array.from({ length: 11 }, (_, at) => `a${at}: a${at + 1}\n`);

const refused: readonly [text: string, told: string][] = [
  ["root alice", "line 1 of f: it is not `name: address, ...`"],
  ["\n\n  root: alice", "line 3 of f: it is not `name: address, ...`"],
  ["root@mail.test: alice", "line 1 of f: it is not `name: address, ...`"],
  ["root:", "line 1 of f: it names nobody"],
  ["root: # alice", "line 1 of f: it names nobody"],
  ["root: ,", "line 1 of f: it names nobody"],
  ["root: alice\nROOT: bob", 'line 2 of f: "ROOT" was set before'],
  ["x: y\nroot: alice bob", 'line 2 of f: "alice bob" is not an address'],
  ["root: <alice", 'line 1 of f: "<alice" is not an address'],
  [`root: ${"a,".repeat(1_001)}`, "line 1 of f: it has too many addresses"],
  ["root: |/bin/sh", "line 1 of f: mailctl does not run programs for mail"],
  ['root: alice, "|/bin/sh -c x"', "line 1 of f: mailctl does not run programs for mail"],
  ["root: /dev/null", "line 1 of f: mailctl does not append mail to files"],
  ["a: b\n c, /var/mail/x", "line 1 of f: mailctl does not append mail to files"],
  ["root: :include:/etc/list", "line 1 of f: mailctl does not read lists from other files"],
  ["a: b\nb: c\nc: a", 'line 1 of f: "a" leads back to itself'],
  ["x: y\na: x, b\nb: A", 'line 2 of f: "a" leads back to itself'],
  [steps.join(""), 'line 11 of f: "a0" leads over more than 10 names'],
  [steps.toReversed().join(""), 'line 10 of f: "a0" leads over more than 10 names'],
];

for (const [text, told] of refused) {
  Deno.test(`refused: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.throws(() => parseAliases(text, "f"), (error: Error & { code?: string }) => {
      assert.ok(error.message.startsWith(`Cannot use ${told}`), error.message);
      return error.code === "configuration";
    });
  });
}

Deno.test("lists that share names cost no more than their lines", async () => {
  const list = (name: string) => Array(200).fill(name).join(", ");
  const text = Array.from({ length: 9 }, (_, at) => `a${at}: ${list(`a${at + 1}`)}\n`).join("");
  assert.deepEqual(await parseAliases(text, "f").resolve("a0", hasAccount), ["a9"]);
  const many = Array.from({ length: maxAliasesBytes / 8 }, (_, at) => `${at}: a\n`).join("");
  assert.deepEqual(await parseAliases(many, "f").resolve("7", hasAccount), ["a"]);
});
