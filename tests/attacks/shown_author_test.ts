/** Mail that one account signed, and whose From shows a mail program the address of another. */
import assert from "node:assert/strict";
import { authored } from "../../src/cli/message/export_formats.ts";
import type { OpenedMessage } from "../../src/client/reading/opened_entry.ts";
import { presentMessage } from "../../src/gateway/presentation/presented_message.ts";
import { byteString } from "../../src/mime/byte_string.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { ReceptionStage } from "../support/reception_stage.ts";

const froms: readonly string[] = [
  '"alice@mail.test" <eve@mail.test>',
  "alice@mail.test <eve@mail.test>",
  "Alice alice@mail.test <eve@mail.test>",
  "eve@mail.test (alice@mail.test)",
  "eve@mail.test (alice@mail.test) (away)",
  "alice@mail.test: eve@mail.test;",
  "=?utf-8?q?alice=40mail=2Etest?= <eve@mail.test>",
  "=?utf-8?q?alice=EF=BC=A0mail=2Etest?= <eve@mail.test>",
];

function openedWith(from: string): OpenedMessage {
  const source = async function* () {
    yield await Promise.resolve(utf8(`From: ${from}\r\nSubject: pay\r\n\r\nbody\r\n`));
  };
  const signed = { id: 1, from: "eve@mail.test", origin: null, outcome: "verified" };
  const sizes = { encodedBytes: null, sealedBytes: 0 };
  const senderFingerprint = new Uint8Array(32);
  return { ...signed, ...sizes, senderFingerprint, source } as unknown as OpenedMessage;
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all = await Array.fromAsync(pieces, (piece) => new TextDecoder().decode(piece));
  return all.join("");
}

for (const from of froms) {
  Deno.test(`a mail program is not shown another's address without a mark: From: ${from}`, async () => {
    const text = await textOf(presentMessage(openedWith(from)));
    assert.match(text, /^Subject: \[invalid\] pay\r$/m);
    assert.doesNotMatch(text, /alice/);
    assert.doesNotMatch(await textOf(authored(openedWith(from))), /alice/);
  });
}

Deno.test("who is logged in by SMTP shows another's address in no part of From either", async () => {
  await using stage = await ReceptionStage.start();
  const [bob, eve] = [await stage.join("bob"), await stage.join("eve"), await stage.join("alice")];
  const login = await stage.appPassword(eve);
  for (const from of froms.map((from) => byteString(utf8(from)))) {
    const program = await stage.connect({ address: "127.0.0.1" });
    await program.talk([
      [`AUTH PLAIN ${login}`, "235"],
      ["MAIL FROM:<eve@mail.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
    ]);
    const reply = await program.ask(`From: ${from}\r\nSubject: x\r\n\r\nx\r\n.`);
    assert.match(reply!, /^550 5\.7\.1 /, from);
    program.close();
  }
  assert.deepEqual(await stage.inbox(bob), []);
});
