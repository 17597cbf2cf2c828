/** HKDF-SHA-256 (RFC 5869): 32 bytes a purpose. */
import { type Bytes, plain, utf8 } from "../model/bytes.ts";
import { syncCrypto } from "./sync_crypto.ts";

/** Derives 32 bytes for each purpose (`info`), in their order; without a salt unless there is one. */
export async function deriveKeys(
  secret: Uint8Array,
  purposes: readonly string[],
  salt: Bytes = new Uint8Array(0),
): Promise<Bytes[]> {
  const sync = syncCrypto();
  if (sync !== null) {
    return purposes.map((purpose) => sync.hkdfSha256({ secret, salt, info: utf8(purpose) }, 32));
  }
  const material = await crypto.subtle.importKey("raw", plain(secret), "HKDF", false, [
    "deriveBits",
  ]);
  return await Promise.all(purposes.map(async (purpose) => {
    const algorithm = { name: "HKDF", hash: "SHA-256", salt, info: utf8(purpose) };
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, material, 256));
  }));
}
