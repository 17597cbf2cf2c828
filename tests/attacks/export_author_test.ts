/** Mail that is validly signed by one account and bears the From of another: what is exported names who signed. */
import assert from "node:assert/strict";
import { authored } from "../../src/cli/message/export_formats.ts";
import type { OpenedMessage } from "../../src/client/reading/opened_entry.ts";
import { utf8 } from "../../src/model/bytes.ts";

const signer = "mallory@example.org";

async function exported(header: string, changes: Partial<OpenedMessage> = {}): Promise<string> {
  const source = async function* () {
    yield await Promise.resolve(utf8(`${header}\r\nbody\r\n`));
  };
  const message = {
    id: 1,
    from: signer,
    origin: null,
    outcome: "signed",
    senderFingerprint: new Uint8Array(32),
    source,
    ...changes,
  } as unknown as OpenedMessage;
  const pieces = await Array.fromAsync(authored(message));
  return pieces.map((piece) => new TextDecoder().decode(piece)).join("");
}

const right = "From: Mallory <mallory@example.org>\r\nSubject: x\r\n";
const forged: readonly [name: string, header: string][] = [
  ["another's", "From: alice@example.org\r\nSubject: x\r\n"],
  ["another's beside the own", "From: mallory@example.org, alice@example.org\r\n"],
  ["two fields", `${right}From: alice@example.org\r\n`],
  ["folded", "From:\r\n alice@example.org\r\nSubject: x\r\n"],
  ["with a blank before the colon", "From : alice@example.org\r\n"],
  ["none", "Subject: x\r\n"],
];

Deno.test("a message whose author signed it is exported byte for byte", async () => {
  assert.equal(await exported(right), `${right}\r\nbody\r\n`);
});

for (const [name, header] of forged) {
  Deno.test(`the signer is the only author of what is exported, where From is ${name}`, async () => {
    const text = await exported(header);
    assert.ok(!/^from[^:]*:.*alice/mi.test(text) && !text.includes("alice@"), text);
    assert.match(text, /^Mailctl-Outcome: +invalid\r\n/);
    assert.match(text, /^From: mallory@example\.org\r$/m);
    assert.ok(text.endsWith("\r\n\r\nbody\r\n"));
  });
}

Deno.test("mail by another key than the known one says so", async () => {
  const text = await exported(right, { outcome: "changed" });
  assert.match(text, /^Mailctl-Outcome: +changed\r\n/);
  assert.match(text, /^Subject: \[changed\] x\r$/m);
});

Deno.test("mail that nobody signed says so", async () => {
  const header = "From: alice@example.org\r\nSubject: [signed] pay\r\n";
  const unsigned = { outcome: "unsigned", origin: { kind: "smtp" }, senderFingerprint: null };
  const text = await exported(header, unsigned as unknown as Partial<OpenedMessage>);
  assert.match(text, /^Mailctl-Outcome: unsigned\r\n/);
  assert.match(text, /^Subject: \[unsigned\] \[signed\] pay\r$/m);
});
