/** Foreign mail sealed from public keys alone: opened by each reader, its body held to the envelope, its bounds kept. */
import assert from "node:assert/strict";
import { openPayload } from "../../../../src/crypto/age/payload.ts";
import { fitHeaders } from "../../../../src/crypto/message/fit_headers.ts";
import { openUnsigned } from "../../../../src/crypto/message/unsigned.ts";
import { sealImport, sealUnsigned } from "../../../../src/crypto/message/unsigned_seal.ts";
import { generateSecretKeys, publicKeysOf } from "../../../../src/crypto/account/identity.ts";
import { verifyPieces } from "../../../../src/crypto/message/piece.ts";
import { readUnsigned } from "../../../../src/mime/unsigned.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { concatBytes, utf8 } from "../../../../src/model/bytes.ts";
import { limits } from "../../../../src/model/limits.ts";
import type { Headers, SmtpOrigin } from "../../../../src/model/message.ts";
import { openSealed } from "../../../support/envelope.ts";
import { collect, cut } from "../../../support/mime.ts";

const secretKeys = generateSecretKeys();
const publicKeys = await publicKeysOf(secretKeys);
const other = generateSecretKeys();
const otherKeys = await publicKeysOf(other);

const origin: SmtpOrigin = {
  kind: "smtp",
  account: asAddress("printer@example.org"),
  sender: "",
  host: "printer",
  address: "192.0.2.9",
  arrivedAt: 9,
};

Deno.test("unsigned mail is sealed to each recipient, byte for byte and with its digests", async () => {
  const bytes = concatBytes([
    utf8("From: Al <al@x.example>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"),
    new Uint8Array(2_500_000).map((_, at) => at % 251),
  ]);
  const recipients = [publicKeys.recipient, otherKeys.recipient];
  const message = readUnsigned(cut(bytes, 70_000), 5);
  const { payload, envelopes } = sealUnsigned(message, recipients, origin);
  const sealed = await collect(payload);
  const found = await envelopes();
  for (const [at, { identity }] of [secretKeys, other].entries()) {
    const envelope = await openUnsigned(await openSealed(identity, found[at]!));
    const { from, subject, date, messageId, bodyBytes } = envelope;
    assert.deepEqual([from, subject, date, bodyBytes], ["al@x.example", "Grüße", 5, bytes.length]);
    assert.match(messageId, /^[0-9a-f]{32}@content\.invalid$/);
    assert.deepEqual(envelope.origin, origin);
    const opened = openPayload(envelope.fileKey, cut(sealed, 100_000));
    assert.deepEqual(await collect(verifyPieces(opened, envelope)), bytes);
  }
});

Deno.test("an import has the same id however often it is sealed", async () => {
  const account = { address: asAddress("a@example.org"), publicKeys, secretKeys };
  const ids = await Promise.all([1, 2].map(async (importedAt) => {
    const message = readUnsigned(cut(utf8("hello\n"), 3), 0);
    const sealing = sealImport(message, account, { box: "sent", importedAt });
    await collect(sealing.payload);
    const [sealed] = await sealing.envelopes();
    const { messageId, importer } = await openUnsigned(
      await openSealed(secretKeys.identity, sealed!),
    );
    assert.equal(importer?.box, "sent");
    return messageId;
  }));
  assert.equal(ids[0], ids[1]);
});

const many = (count: number, text: string) => Array.from({ length: count }, (_, at) => text + at);

Deno.test("headers out of all bounds still make an envelope that can be opened", async () => {
  const long = "x".repeat(880);
  const header = [
    `Message-ID: <${"m".repeat(900)}>`,
    `From: ${"f".repeat(3_000)}@x.example`,
    `To: ${many(90, "to").map((name) => `${name}${long}@x.example`.slice(0, 270)).join(", ")}`,
    `Cc: ${many(60, "cc").map((name) => `${name}@${long}`).join(", ")}`,
    `Bcc: ${many(60, "bcc").map((name) => `${name}@${long}`).join(", ")}`,
    `Subject: ${"ü".repeat(9_000)}`,
    `References: ${many(99, "<r").map((id) => `${id}${long}>`).join(" ")}`,
    'Content-Type: multipart/mixed; boundary="b"',
  ];
  const part = (at: number) =>
    `--b\r\nContent-Disposition: attachment; filename="${at}${"n".repeat(240)}"\r\n\r\nx\r\n`;
  const parts = Array.from({ length: 120 }, (_, at) => part(at));
  const text = `${header.join("\r\n")}\r\n\r\n${parts.join("")}--b--\r\n`;
  const message = readUnsigned(cut(utf8(text), 4_096), 0);
  const { payload, envelopes } = sealUnsigned(message, [publicKeys.recipient], origin);
  await collect(payload);
  const [sealed] = await envelopes();
  assert.ok(sealed!.length <= limits.maxEnvelopeBytes, `${sealed!.length}`);
  const envelope = await openUnsigned(await openSealed(secretKeys.identity, sealed!));
  assert.equal(envelope.subject, "ü".repeat(1_024));
  assert.ok(envelope.references.at(-1)?.startsWith("r98"), "the newest reference is kept");
});

Deno.test("headers are cut to the room there is, the longest list first", () => {
  const headers: Headers = {
    messageId: "m@x",
    date: 0,
    from: "f@x",
    to: ["t@x"],
    cc: [],
    bcc: [],
    subject: "s",
    inReplyTo: null,
    references: many(50, "r".repeat(500)),
    attachments: [{ name: "a", type: "b/c", size: 1 }],
  };
  const { references, to, attachments, ...rest } = fitHeaders(headers, 8 * 1024);
  assert.deepEqual([to, attachments, rest.subject], [headers.to, headers.attachments, "s"]);
  assert.deepEqual(references, headers.references.slice(-references.length));
  assert.ok(references.length > 10 && references.length < 20);
  assert.deepEqual(fitHeaders(headers, 60_000), headers);
});
