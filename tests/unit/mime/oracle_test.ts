/** Two programs of others, so that composer and parser are not only held against each other. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
// deno-lint-ignore no-import-prefix -- only this test knows the oracles
import MailComposer from "npm:nodemailer@10.6.0/lib/mail-composer/index.js";
// deno-lint-ignore no-import-prefix -- only this test knows the oracles
import PostalMime from "npm:postal-mime@4.0.0";
import { composeMessage, type MimeDraft } from "../../../src/mime/compose.ts";
import { parseMessage } from "../../../src/mime/parse.ts";
import { encodeBinaryParts } from "../../../src/mime/structure/encode_binary.ts";
import { bytesOf, collect, cut, draftOf, readLeaves } from "../../support/mime.ts";

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

const drafts: Partial<MimeDraft>[] = [
  {},
  { body: bytesOf("") },
  { subject: "Grüße aus Köln, 日本語 🌍 ".repeat(8).trim() },
  { subject: "long words ".repeat(60).trim(), body: bytesOf("a\nb") },
  { subject: "=?utf-8?Q?not_encoded?=" },
  { subject: "x".repeat(500) },
  {
    to: Array.from({ length: 20 }, (_, at) => `person.${at}@example.org`),
    cc: ["carol@example.org"],
    references: ["1@x", "2@x"],
    inReplyTo: "2@x",
  },
  {
    body: bytesOf("Ünïcode\n.\nFrom x\n--=_b\n"),
    attachments: [
      { name: "plain.bin", type: "application/octet-stream", content: everyByte },
      { name: "two words.png", type: "image/png", content: cut(new Uint8Array(100_000), 4096) },
      { name: 'Übersicht "2026".pdf', type: "application/pdf", content: bytesOf("") },
      { name: "日本語".repeat(20), type: "image/gif", content: bytesOf("\r\n\r\n--=_b0\r\n") },
      { name: "it's; 100%.txt", type: "text/x-odd", content: bytesOf("text\r\n") },
    ],
  },
  { body: everyByte, attachments: [{ name: "a", type: "image/png", content: everyByte }] },
];

for (const [at, some] of drafts.entries()) {
  Deno.test(`postal-mime reads what we compose: ${at}`, async () => {
    const draft = draftOf(some);
    const message = await collect(composeMessage(draft));
    const email = await PostalMime.parse(await collect(encodeBinaryParts(cut(message, 997))));
    assert.equal(email.subject, draft.subject);
    assert.equal(email.from?.address, draft.from);
    assert.deepEqual(email.to?.map(({ address }) => address), draft.to);
    assert.deepEqual((email.cc ?? []).map(({ address }) => address), draft.cc);
    assert.equal(email.messageId, `<${draft.messageId}>`);
    assert.equal(new Date(email.date ?? "").getTime(), draft.date.getTime());
    // Both sides' names and bytes, as far as both see an attachment.
    const ours = (await readLeaves(cut(message, 1000))).filter(({ part }) =>
      part.fileName !== null
    );
    const theirs = email.attachments.filter(({ filename }) => filename !== null);
    assert.deepEqual(
      theirs.map(({ filename }) => filename),
      draft.attachments.map(({ name }) => name),
    );
    assert.deepEqual(
      ours.map(({ part }) => part.fileName),
      draft.attachments.map(({ name }) => name),
    );
    assert.deepEqual(
      theirs.map(({ content }) => new Uint8Array(content as ArrayBuffer)),
      ours.map(({ content }) => content),
    );
    if (draft.body === everyByte) return;
    // postal-mime ends a text with line breaks of its own.
    const trim = (text: string) => text.replaceAll("\r\n", "\n").replace(/\n+$/, "");
    const body = new TextDecoder().decode(draft.body as Uint8Array);
    assert.equal(trim(email.text ?? ""), trim(body));
  });
}

const mails: { subject: string; text: string; html?: string; names: string[] }[] = [
  { subject: "plain", text: "hello\n", names: [] },
  { subject: "Grüße, 日本語 🌍 ".repeat(10).trim(), text: "Ünïcode  \nüber alles\n", names: [] },
  { subject: "long", text: `${"word ".repeat(400)}\n`, names: ["a.bin"] },
  {
    subject: "both",
    text: "plain = text\n",
    html: "<p>ä&amp;b</p>",
    names: ["Übersicht.pdf", "two words.txt", 'q"uote.txt', "日本語".repeat(15) + ".png"],
  },
];

for (const mail of mails) {
  Deno.test(`we read what nodemailer composes: ${mail.subject.slice(0, 20)}`, async () => {
    const { names, ...rest } = mail;
    const message = await new MailComposer({
      ...rest,
      from: "Älice <alice@example.org>",
      to: ["bob@example.org", "carol@example.org"],
      messageId: "<1@example.org>",
      attachments: names.map((filename) => ({ filename, content: Buffer.from(everyByte) })),
    }).compile().build();
    for (const size of [1, 100, message.length]) {
      const { header, leaves } = await parseMessage(cut(new Uint8Array(message), size));
      assert.equal(header.get("subject"), mail.subject);
      assert.equal(header.get("from"), "Älice <alice@example.org>");
      assert.equal(header.get("to"), "bob@example.org, carol@example.org");
      const contents = new Map<string, Uint8Array>();
      for await (const { part, content } of leaves) {
        contents.set(part.fileName ?? part.type, await collect(content));
      }
      const decode = (name: string) => new TextDecoder().decode(contents.get(name));
      assert.equal(decode("text/plain"), mail.text);
      if (mail.html !== undefined) assert.equal(decode("text/html"), mail.html);
      for (const name of names) assert.deepEqual(contents.get(name), everyByte);
    }
  });
}
