/** WIRE 6 (send), 8.1 to 8.3: composing, sealing and sending one message to one recipient. */

import { randomBytes, randomUUID } from "node:crypto";
import { checkKeys, digestRecipient } from "./account.mjs";
import { makeFileKey, sealFile, sealPayload } from "./age.mjs";
import { base64, insist, same, utf8 } from "./bytes.mjs";
import { digestPieces, sign } from "./envelope.mjs";
import { sendTag } from "./kept.mjs";

const mostBodyInRequest = 262_144;

/** RFC 5322 and 2045: a text, in base64. */
function composeMime({ from, to, subject, messageId, date, text }) {
  const headers = [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: =?utf-8?B?${base64(utf8(subject))}?=`,
    `Message-ID: <${messageId}>`,
    `Date: ${new Date(date).toUTCString().replace("GMT", "+0000")}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
  ];
  const lines = base64(utf8(text)).match(/.{1,76}/g) ?? [];
  return utf8([...headers, "", ...lines, ""].join("\r\n"));
}

/** WIRE 6 (lookUp), 7.1, 9: the recipient's keys, signed for the address and not other than known. */
async function lookUp(session, account, keyring, address) {
  const [name, domain] = address.split("@");
  insist(domain === account.domain, `${address} is not of this server`);
  const { found: [found] } = await session.request("lookUp", { names: [name] });
  insist(found, `there is no ${address}`);
  insist(found.name === name, `${address} is an alias`);
  const { keys } = found;
  const fingerprint = checkKeys(keys, address);
  const known = keyring.get(address);
  insist(
    known === undefined || same(known.fingerprint, fingerprint),
    `other keys of ${address}`,
  );
  return { name, address, fingerprint, recipient: keys.recipient };
}

/** WIRE 8.1 */
function makeEnvelope(account, to, message, source, fileKey) {
  return {
    kind: 1,
    messageId: message.messageId,
    date: message.date,
    from: account.address,
    to: [to.address],
    cc: [],
    bcc: [],
    subject: message.subject,
    inReplyTo: undefined,
    references: [],
    attachments: [],
    fileKey,
    bodyBytes: source.length,
    bodyPieces: digestPieces(source),
    notBefore: undefined,
    burn: false,
    senderSigningKey: account.keys.signingKey,
    senderRecipientDigest: digestRecipient(account.keys.recipient),
    recipients: [{ address: to.address, fingerprint: to.fingerprint, number: 0 }],
    since: 0,
    absent: [],
    heard: 0,
    lacks: [],
  };
}

/** WIRE 6 (upload, send): a small payload goes in the request, a large one ahead of it. */
async function deliverPayload(session, payload) {
  if (payload.length <= mostBodyInRequest) return { body: payload };
  session.ask("upload");
  session.sendStream(payload);
  return await session.answer("upload");
}

/** Gives the id of the sender's copy. */
export async function sendMessage(session, account, keyring, written) {
  const to = await lookUp(session, account, keyring, written.to);
  const messageId = `${randomUUID()}@${account.domain}`;
  const message = {
    messageId,
    date: Date.now(),
    from: account.address,
    ...written,
  };
  const source = composeMime(message);
  const fileKey = makeFileKey();
  const signed = sign(
    makeEnvelope(account, to, message, source, fileKey),
    account,
  );
  const { id } = await session.request("send", {
    idempotencyKey: sendTag(account, "key", randomBytes(32)),
    contentTag: sendTag(account, "content", source),
    ...await deliverPayload(session, sealPayload(fileKey, source)),
    own: sealFile(signed, account.keys.recipient),
    recipients: [{
      name: to.name,
      fingerprint: to.fingerprint,
      envelope: sealFile(signed, to.recipient),
    }],
  });
  return id;
}
