/** WIRE 7.2, 8.4 and 9: what an account seals for itself, and keeps at the server. */

import { randomBytes } from "node:crypto";
import { deriveKey, insist, join, utf8 } from "./bytes.mjs";
import { bool, decode, encode, list, optional, raw, structure, text, u64, u8 } from "./fields.mjs";
import { common, numbering } from "./headers.mjs";
import { gcm, hmac, sha256 } from "./noble.mjs";
import { box } from "./operations.mjs";

const nonceBytes = 12;

/** WIRE 9 */
const range = { first: u64, last: u64 };
const ranges = (more = {}) => list(structure({ ...range, ...more }));
const ring = structure({
  version: u8,
  own: raw(32),
  restoredAt: u64,
  keys: list(
    structure({
      address: text,
      fingerprint: raw(32),
      verified: bool,
      since: u64,
      former: list(structure({ fingerprint: raw(32), until: u64 })),
      given: structure({
        last: u64,
        since: u64,
        absent: ranges({ due: u64 }),
        heard: u64,
        lacks: ranges(),
      }),
      received: structure({
        highest: u64,
        since: u64,
        gaps: ranges({ state: u8 }),
        resumes: bool,
        newest: u64,
        restored: u64,
        searched: u64,
      }),
    }),
  ),
});

/** WIRE 7.2: 12 nonce ‖ AES-256-GCM */
export const openKept = (key, kept, data) =>
  gcm(key, kept.subarray(0, nonceBytes), data).decrypt(
    kept.subarray(nonceBytes),
  );

function keep(key, content, data) {
  const nonce = randomBytes(nonceBytes);
  return join(nonce, gcm(key, nonce, data).encrypt(content));
}

/** WIRE 8.4 */
const summaryKey = ({ mailboxKey, identity }) =>
  deriveKey(join(mailboxKey, utf8(identity)), undefined, "mailctl summary v2");

/** WIRE 8.4 */
const keyFor = (purpose, { mailboxKey }) =>
  deriveKey(mailboxKey, undefined, `mailctl ${purpose} v1`);

/** WIRE 8.4 */
const summaryData = (account, entry) =>
  join(
    encode(text, "mailctl summary: signature holds"),
    encode(text, account.address),
    encode(u64, entry.id),
    encode(box, entry.box),
    entry.envelopeDigest,
  );

/** WIRE 8.4: `kept`; the fingerprint is the sender's. */
const summaryType = structure({
  ...common,
  bcc: list(text),
  notBefore: optional(u64),
  burn: bool,
  numbers: list(structure({ address: text, number: u64 })),
  ...numbering,
  fingerprint: raw(32),
  contents: raw(32),
  receipts: list(raw(32)),
});

/** WIRE 8.4 */
export function openSummary(account, entry) {
  const data = summaryData(account, entry);
  const kept = openKept(summaryKey(account), entry.summary, data);
  return decode(summaryType, kept);
}

/** WIRE 8.4: of an envelope that was found to hold. */
export function makeSummary(account, entry, opened) {
  const data = summaryData(account, entry);
  return keep(summaryKey(account), encode(summaryType, opened), data);
}

/** WIRE 8.4: idempotencyKey ("key") and contentTag ("content"). */
export const sendTag = (account, purpose, content) =>
  hmac(sha256, keyFor("send", account), join(utf8(`${purpose}\0`), content));

/** WIRE 9.1: what the part behind it is bound to. */
const tagOf = (sealed) => sealed.slice(-16);

/** WIRE 9.1: a whole ring, or what changed since the part before. */
function openPart(account, { version, sealed }, before) {
  const data = join(
    encode(text, "mailctl keyring"),
    encode(text, account.address),
    encode(u64, version),
    encode(optional(raw(16)), before && tagOf(before.sealed)),
  );
  const opened = decode(
    ring,
    openKept(keyFor("keyring", account), sealed, data),
  );
  insist(opened.version === 1, "a keyring of another version");
  return opened.keys.map((key) => [key.address, key]);
}

/** WIRE 9: the keys this account has seen, by address, as the last part that has them says. */
export function openKeyring(account, { isWhole, parts }) {
  insist(isWhole, "parts of a keyring where all were asked for");
  return new Map(parts.flatMap((part, at) => openPart(account, part, parts[at - 1])));
}
