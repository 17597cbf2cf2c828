/** A program that appends forgeries of signed mail: nothing but what the sealed message gives passes for it. */
import assert from "node:assert/strict";
import type { AccountFolders } from "../../src/gateway/folders/account_folders.ts";
import { bytesOfString } from "../../src/mime/byte_string.ts";
import { utf8 } from "../../src/model/bytes.ts";
import type { PersonHere } from "../support/account_here.ts";
import { mail, numberOf, onFolders, only, textOf } from "../support/folders_stage.ts";
import { flipped, type Lies } from "../support/hostile_server.ts";
import { cut } from "../support/mime.ts";

async function append(folders: AccountFolders, text: string): Promise<void> {
  const bytes = bytesOfString(text);
  const content = cut(bytes, 10_000);
  await folders.append(numberOf(folders, "Archive"), mail("", { bytes: bytes.length, content }));
}

/** Sends under a Message-ID of its own choice. */
async function send(alice: PersonHere, body: string): Promise<void> {
  const submitted = {
    messageId: "one@here",
    date: Date.now(),
    inReplyTo: null,
    references: [],
    attachments: [],
    header: utf8(
      "Message-ID: <one@here>\r\nFrom: alice@mail.test\r\nTo: bob@mail.test\r\nSubject: Pay 1\r\n",
    ),
  };
  const draft = { to: ["bob"], cc: [], bcc: [], subject: "Pay 1", attachments: [], submitted };
  await alice.with((mailbox) => mailbox.send({ ...draft, body: utf8(body) }));
}

const long = "To carol, who is at home.\r\n".repeat(15_000);
const field = "X-TUID: 7NDawWJCr/YX\r\n";
const replaced = (from: string, to: string) => (text: string) => {
  assert.ok(text.includes(from), from);
  return text.replace(from, to);
};

const forgeries: Readonly<Record<string, (text: string) => string>> = {
  "another byte in the subject": replaced("Pay 1", "Pay 9"),
  "another author": replaced("From: alice@", "From: carol@"),
  "another signer": replaced("Mailctl-Sender: alice@", "Mailctl-Sender: carol@"),
  "another fingerprint": (text) =>
    text.replace(/(?<=Fingerprint: )./, (digit) => digit === "0" ? "1" : "0"),
  "another byte at the beginning of the body": replaced("\r\n\r\nTo carol", "\r\n\r\nTo Carol"),
  "another byte at the end": (text) => `${text.slice(0, -3)}!\r\n`,
  "a line more": (text) => `${text}and eve\r\n`,
  "a line less": (text) => text.slice(0, text.lastIndexOf("To")),
  "a field more": replaced("\r\n\r\n", "\r\nReply-To: eve@x.y\r\n\r\n"),
  "mbsync's field, and another byte": (text) =>
    `${text.replace("\r\n\r\n", `\r\n${field}\r\n`).slice(0, -3)}!\r\n`,
  "mbsync's field twice": replaced("\r\n\r\n", `\r\n${field}${field}\r\n`),
  "mbsync's field, longer": replaced("\r\n\r\n", `\r\n${field.trimEnd()}Y\r\n\r\n`),
  "mbsync's field, folded": replaced("\r\n\r\n", `\r\n${field} eve\r\n\r\n`),
  "mbsync's field in the body": replaced("\r\n\r\n", `\r\n\r\n${field}`),
};

for (const [what, forge] of Object.entries(forgeries)) {
  Deno.test(`a signed message with ${what} is stored as it came, and not as signed`, () =>
    onFolders(async ({ alice, a }) => {
      await send(alice, long);
      await a.refresh();
      const text = await textOf(a, only(a, "inbox"));
      const forged = forge(text);
      await append(a, forged);
      const archive = numberOf(a, "Archive");
      const stored = only(a, archive);
      assert.equal((await a.facts([stored]))[0]!.outcomeKeyword, null);
      const shown = forged.replace(/^Mailctl-.*$/gm, (line) => "Gone:".padEnd(line.length, "-"));
      assert.equal(await textOf(a, stored), shown);
      await append(a, text);
      const [, copy] = a.messages(archive);
      assert.match(String((await a.facts([copy!]))[0]!.outcomeKeyword), /Signed/);
    }));
}

Deno.test("of many messages under one Message-ID, few are opened to compare one that is appended", () =>
  onFolders(async ({ alice, a, server }) => {
    for (let at = 10; at < 20; at++) await send(alice, `Pay ${at}.\r\n`);
    await a.refresh();
    const text = await textOf(a, a.messages("inbox")[0]!);
    await a.facts(a.messages("inbox"));
    let opened = 0;
    const counting: Lies = {
      body: (honest) => (account, id) => {
        opened++;
        return honest.body(account, id);
      },
    };
    await server.lying(counting, () => append(a, text.replace("Pay 10", "Pay 99")));
    assert.equal(opened, 4);
    assert.equal((await a.facts(a.messages(numberOf(a, "Archive"))))[0]!.outcomeKeyword, null);
  }));

Deno.test("a body that the server altered since keeps no program from appending what it was given", () =>
  onFolders(async ({ alice, a, server, open }) => {
    await send(alice, "Pay 1.\r\n");
    await a.refresh();
    const text = await textOf(a, only(a, "inbox"));
    const cold = await open();
    try {
      await server.lying(flippedBodies, () => append(cold, text));
      const stored = only(cold, numberOf(cold, "Archive"));
      assert.equal((await cold.facts([stored]))[0]!.outcomeKeyword, null);
    } finally {
      cold.close();
    }
  }));

const flippedBodies: Lies = {
  body: (honest) =>
    async function* (account, id) {
      for await (const chunk of honest.body(account, id)) yield flipped(chunk, chunk.length - 1);
    },
};
