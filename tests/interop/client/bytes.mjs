/** Bytes, and the primitives that WIRE.md names everywhere: SHA-256, HMAC, HKDF, AES-256-GCM, Ed25519. */
import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
} from "node:crypto";
import { ed25519 } from "./noble.mjs";

const tagBytes = 16;
const nonceBytes = 12;
const nothing = Buffer.alloc(0);

/** Joins bytes, and texts as UTF-8: the `‖` of WIRE.md. */
export function join(...parts) {
  return Buffer.concat(parts.map((part) => typeof part === "string" ? Buffer.from(part) : part));
}

export function sha256(...parts) {
  return createHash("sha256").update(join(...parts)).digest();
}

export function hmac(key, ...parts) {
  return createHmac("sha256", key).update(join(...parts)).digest();
}

/** 32 bytes of HKDF-SHA-256, unless told how many. */
export function hkdf(ikm, salt, info, length = 32) {
  return Buffer.from(hkdfSync("sha256", ikm, salt, info, length));
}

/** The ciphertext and its tag behind it. */
export function gcmSeal(key, nonce, plaintext, associatedData) {
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(associatedData);
  return join(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** @throws {Error} where it does not open */
export function gcmOpen(key, nonce, sealed, associatedData) {
  const end = sealed.length - tagBytes;
  if (end < 0) throw new Error("sealed bytes without a tag");
  const cipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(associatedData);
  cipher.setAuthTag(sealed.subarray(end));
  return join(cipher.update(sealed.subarray(0, end)), cipher.final());
}

/** `12 nonce ‖ AES-256-GCM`, as all that the server keeps for its owner is sealed. */
export function seal(key, plaintext, associatedData) {
  const nonce = randomBytes(nonceBytes);
  return join(nonce, gcmSeal(key, nonce, plaintext, associatedData));
}

/** @throws {Error} where it does not open */
export function open(key, sealed, associatedData) {
  const [nonce, rest] = [
    sealed.subarray(0, nonceBytes),
    sealed.subarray(nonceBytes),
  ];
  return gcmOpen(key, nonce, rest, associatedData);
}

/** Ed25519's signature by a seed of 32 bytes. */
export function sign(seed, ...parts) {
  return Buffer.from(ed25519.sign(join(...parts), seed));
}

/** Whether a signature holds, by RFC 8032 and without the leniency of ZIP 215 (8.2). */
export function isSigned(key, signature, ...parts) {
  return ed25519.verify(signature, join(...parts), key, { zip215: false });
}

export function publicKeyOf(seed) {
  return Buffer.from(ed25519.getPublicKey(seed));
}

/** Fills bytes up with as few zeros as make a multiple of `step` (9.3, 9.4). */
export function padded(bytes, step) {
  return join(bytes, Buffer.alloc((step - bytes.length % step) % step));
}

export { Buffer, nothing, randomBytes };
