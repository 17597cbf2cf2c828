/** WIRE 8.1, 8.2 and 8.5: envelopes, their signatures, and what a reader checks. */

import { openFile, openPayload } from "./age.mjs";
import { fingerprintOf, verify } from "./account.mjs";
import { insist, join, pieces, same, utf8 } from "./bytes.mjs";
import {
  bool,
  bytes,
  decode,
  encode,
  list,
  optional,
  raw,
  structure,
  text,
  u64,
} from "./fields.mjs";
import { common, numbering } from "./headers.mjs";
import { openSummary } from "./kept.mjs";
import { ed25519, sha256 } from "./noble.mjs";

/** WIRE 8.1: the same in every copy, behind the first byte. */
const shared = {
  ...common,
  notBefore: optional(u64),
  burn: bool,
  senderSigningKey: raw(32),
  senderRecipientDigest: raw(32),
};

/** WIRE 8.1 */
const envelopeType = structure({
  ...shared,
  bcc: list(text),
  recipients: list(structure({ address: text, fingerprint: raw(32), number: u64 })),
  ...numbering,
});

/** WIRE 8.2 */
const signedType = structure({ envelope: bytes, signature: raw(64) });

const toBeSigned = (envelope) => join(utf8("mailctl envelope v2\0"), envelope);

/** WIRE 8.1 */
export const digestPieces = (source) => pieces(source, 1_048_576).map((piece) => sha256(piece));

/** WIRE 8.2: `signed`, which is sealed for each recipient. */
export function sign(envelope, { signingSeed }) {
  const encoded = encode(envelopeType, envelope);
  const signature = ed25519.sign(toBeSigned(encoded), signingSeed);
  return encode(signedType, { envelope: encoded, signature });
}

/** WIRE 8.2: the envelope in `signed`, once its signature holds. */
function openSigned(signed) {
  const { envelope: encoded, signature } = decode(signedType, signed);
  const envelope = decode(envelopeType, encoded);
  insist(
    verify(signature, toBeSigned(encoded), envelope.senderSigningKey),
    "the signature fails",
  );
  return envelope;
}

/** WIRE 8.5: `from`, of an envelope and of a summary alike. */
function checkSender(account, entry, from, fingerprint) {
  insist(
    from === `${entry.from}@${account.domain}`,
    "the sender is not the entry's",
  );
  const isReader = from === account.address;
  insist(entry.box === "inbox" || isReader, "not sent by the reader");
  const isOwn = same(fingerprint, account.fingerprint);
  insist(!isReader || isOwn, "the reader's name, and not the reader's keys");
}

/** WIRE 8.5: in the inbox the reader is among those this copy is for. */
function checkRecipients(account, entry, { recipients }) {
  const isReader = ({ address, fingerprint }) =>
    address === account.address && same(fingerprint, account.fingerprint);
  insist(
    entry.box === "sent" || recipients.some(isReader),
    "the reader is not a recipient",
  );
}

/** WIRE 8.5, 9: what the keyring says of the sender's keys. */
function judgeSender(keyring, from, fingerprint) {
  const known = keyring.get(from);
  if (known === undefined) return "unknown";
  if (!same(known.fingerprint, fingerprint)) return "changed";
  return known.verified ? "verified" : "known";
}

/** WIRE 8.8 */
const digestContents = (envelope) => {
  const { kind: _, ...fields } = shared;
  return sha256(
    join(utf8("mailctl contents v2\0"), encode(structure(fields), envelope)),
  );
};

/** WIRE 8.5: the envelope, and the fingerprint of who signed it. */
function openEnvelope(account, entry) {
  insist(
    same(sha256(entry.envelope), entry.envelopeDigest),
    "the envelope is not the entry's",
  );
  const envelope = openSigned(openFile(entry.envelope, account.identity));
  checkRecipients(account, entry, envelope);
  const { senderSigningKey, senderRecipientDigest } = envelope;
  const fingerprint = fingerprintOf(senderSigningKey, senderRecipientDigest);
  return {
    ...envelope,
    numbers: envelope.recipients.filter(({ number }) => number > 0),
    fingerprint,
    contents: digestContents(envelope),
    receipts: [],
  };
}

/** WIRE 8.5: opens and checks one entry, by its summary or by its envelope; throws at the first check that fails. */
export function openEntry(account, keyring, entry) {
  const open = entry.envelope === undefined ? openSummary : openEnvelope;
  const opened = open(account, entry);
  const { from, fingerprint } = opened;
  checkSender(account, entry, from, fingerprint);
  return { opened, sender: judgeSender(keyring, from, fingerprint) };
}

/** WIRE 8.1, 8.3: opens the sealed body, and checks every piece of it. */
export function openBody(envelope, sealed) {
  const source = openPayload(envelope.fileKey, sealed);
  const digests = digestPieces(source);
  insist(
    source.length === envelope.bodyBytes,
    "the body is not as long as was signed",
  );
  insist(
    digests.length === envelope.bodyPieces.length,
    "the body has more or fewer pieces",
  );
  const agrees = digests.every((digest, index) => same(digest, envelope.bodyPieces[index]));
  insist(agrees, "a piece of the body is not the one that was signed");
  return source;
}
