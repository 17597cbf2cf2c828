/** WIRE 8.8: receipts. */
import { isSigned, join, sign } from "./bytes.mjs";
import { decode, encode, firstForm, fixed, struct, text, u64 } from "./fields.mjs";
import { isGoodAt } from "./lines.mjs";

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
  const holds = keys !== undefined && isGoodAt(keys, readAt) &&
    isSigned(keys.signingKey, signature, said(fields));
  return holds ? readAt : null;
}
