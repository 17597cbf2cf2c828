/** Private keys of Curve25519 as raw 32 bytes, which Web Crypto takes as PKCS #8 only: RFC 8410 7. */
import { type Bytes, concatBytes } from "../model/bytes.ts";

/** What stands before the key. */
const prefixes = {
  Ed25519: Uint8Array.fromHex("302e020100300506032b657004220420"),
  X25519: Uint8Array.fromHex("302e020100300506032b656e04220420"),
};
const usages: Readonly<Record<keyof typeof prefixes, KeyUsage>> = {
  Ed25519: "sign",
  X25519: "deriveBits",
};

/** Takes up a private key. */
export function importRawKey(
  algorithm: keyof typeof prefixes,
  raw: Uint8Array,
  extractable: boolean,
): Promise<CryptoKey> {
  const der = concatBytes([prefixes[algorithm], raw]);
  return crypto.subtle.importKey("pkcs8", der, algorithm, extractable, [usages[algorithm]]);
}

/** Computes the raw public half, 32 bytes, of a private key that is extractable. */
export async function publicHalfOf(privateKey: CryptoKey): Promise<Bytes> {
  const { x } = await crypto.subtle.exportKey("jwk", privateKey);
  return Uint8Array.fromBase64(x!, { alphabet: "base64url" });
}
