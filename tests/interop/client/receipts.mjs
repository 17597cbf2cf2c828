/** WIRE 8.8 and 7.5: receipts, and the keys that they may be signed by. */
import { isSigned, join, sha256, sign } from "./bytes.mjs";
import { checkedKeys, fingerprintOf } from "./account.mjs";
import { decode, encode, firstForm, fixed, struct, text, u64 } from "./fields.mjs";

const slackMs = 600_000; // of clocks (7.5)

const receipt = struct({
  form: firstForm,
  readAt: u64,
  fingerprint: fixed(32),
  signature: fixed(64),
});

function said({ messageId, contents, sender, reader, fingerprint, readAt }) {
  const names = [text.write(sender), text.write(reader)];
  const head = [text.write(messageId), contents, ...names];
  return join("mailctl receipt v1\0", ...head, fingerprint, u64.write(readAt));
}

/** Says to the sender of a message that the reader has read it. */
export function signReceipt(who, { messageId, contents, from }, readAt) {
  const { fingerprint } = who.keys;
  const fields = { messageId, contents, sender: from, reader: who.address, fingerprint, readAt };
  return encode(receipt, { fingerprint, readAt, signature: sign(who.signingSeed, said(fields)) });
}

/** When `reader` read a message, as its receipt says; null where the receipt proves nothing. */
export function readAtOf(bytes, { messageId, contents, from }, reader, keysOfReader) {
  const { fingerprint, readAt, signature } = decode(receipt, bytes);
  const keys = keysOfReader.find((keys) => keys.fingerprint.equals(fingerprint));
  const fields = { messageId, contents, sender: from, reader, fingerprint, readAt };
  const holds = keys !== undefined && readAt <= keys.until + slackMs &&
    isSigned(keys.signingKey, signature, said(fields));
  return holds ? readAt : null;
}

/** The keys of a line (7.5), newest first, as far back as its signatures hold; each with the time it was good until. */
export function keysOnLine({ keys, steps }, address) {
  let later = checkedKeys(keys, address);
  const found = [{ ...later, until: Infinity }];
  for (const step of steps.toReversed()) {
    const earlier = {
      ...step,
      fingerprint: fingerprintOf(step.signingKey, sha256(step.recipient)),
    };
    if (!isFollowed(earlier, later, address)) break;
    found.push({ ...earlier, until: step.succeededAt });
    later = earlier;
  }
  return found;
}

function isFollowed(earlier, later, address) {
  const { succeededAt, signature, acceptance } = earlier;
  const pair = [earlier.fingerprint, later.fingerprint];
  const both = join(text.write(address), ...pair, u64.write(succeededAt));
  return isSigned(earlier.signingKey, signature, "mailctl succession v1\0", both) &&
    isSigned(later.signingKey, acceptance, "mailctl acceptance v1\0", both);
}
