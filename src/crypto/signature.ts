/** Ed25519 (RFC 8032) on Web Crypto, from raw seeds and raw public keys. */
import { type Bytes, plain, randomBytes } from "../model/bytes.ts";
import { importRawKey, publicHalfOf } from "./raw_key.ts";

/** Makes a seed, 32 bytes. */
export function generateSigningSeed(): Bytes {
  return randomBytes(32);
}

/** Computes the raw public key of a seed, 32 bytes. */
export async function signingKeyOf(seed: Uint8Array): Promise<Bytes> {
  return publicHalfOf(await importRawKey("Ed25519", seed, true));
}

/** Signs with a seed; 64 bytes. */
export async function sign(seed: Uint8Array, message: Uint8Array): Promise<Bytes> {
  const key = await importRawKey("Ed25519", seed, false);
  return new Uint8Array(await crypto.subtle.sign("Ed25519", key, plain(message)));
}

/**
 * The points of small order and their other spellings. By such a key every message is signed, so that its owner could
 * deny any; Web Crypto lets them through.
 */
const smallOrder = new Set(
  ["00", "01", "ec", "ed", "ee"].flatMap((first) => {
    const middle = (first < "ec" ? "00" : "ff").repeat(30);
    return (first < "ec" ? ["00", "80"] : ["7f", "ff"]).map((last) => first + middle + last);
  }).concat(
    ["05", "85"].map((last) =>
      `26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc${last}`
    ),
    ["7a", "fa"].map((last) =>
      `c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03${last}`
    ),
  ),
);

/** Checks a signature. A key or signature that is none is false, like a wrong one. */
export async function verify(
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> {
  if (smallOrder.has(publicKey.toHex())) return false;
  try {
    const key = await crypto.subtle.importKey("raw", plain(publicKey), "Ed25519", false, [
      "verify",
    ]);
    return await crypto.subtle.verify("Ed25519", key, plain(signature), plain(message));
  } catch {
    return false;
  }
}
