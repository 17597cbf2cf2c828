/** Keys of ChaCha20-Poly1305 (RFC 8439) in Web Crypto, which age files are sealed by. */
import type { Bytes } from "../model/bytes.ts";

export const chacha = "ChaCha20-Poly1305";

/** Imports a raw key of 32 bytes. */
export function importChachaKey(raw: Bytes): Promise<CryptoKey> {
  const format = "raw-secret" as "raw"; // in the runtime, but not yet in TypeScript's library
  return crypto.subtle.importKey(format, raw, chacha, false, ["encrypt", "decrypt"]);
}
