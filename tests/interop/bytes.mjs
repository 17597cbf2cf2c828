/** Small helpers over bytes, and the hashes of the document by the names it gives them. */

import { Buffer } from "node:buffer";
import { hkdf, sha256 } from "./noble.mjs";

export const join = (...pieces) => new Uint8Array(Buffer.concat(pieces));
export const utf8 = (text) => new TextEncoder().encode(text);
export const same = (a, b) => Buffer.compare(a, b) === 0;
export const hex = (bytes) => Buffer.from(bytes).toString("hex");
export const base64 = (bytes) => Buffer.from(bytes).toString("base64");

/** WIRE 3.3, 7.3, 8.4: HKDF-SHA-256 to 32 bytes; `salt` undefined is the empty salt. */
export const deriveKey = (ikm, salt, info) => hkdf(sha256, ikm, salt, utf8(info), 32);

/** The bytes in pieces of `size`, the last one perhaps shorter; none for no bytes. */
export function pieces(bytes, size) {
  const list = [];
  for (let at = 0; at < bytes.length; at += size) {
    list.push(bytes.subarray(at, at + size));
  }
  return list;
}

export function insist(holds, what) {
  if (!holds) throw new Error(what);
}
