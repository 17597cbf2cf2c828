/** HMAC-SHA-256 (RFC 2104) by a raw key. */
import { type Bytes, concatBytes, plain } from "../model/bytes.ts";
import { syncCrypto } from "./sync_crypto.ts";

/** Computes the 32 bytes for `parts`, one behind the other. The key has at least one byte: Web Crypto takes none. */
export async function hmacSha256(
  raw: Uint8Array,
  parts: readonly Uint8Array[],
): Promise<Bytes> {
  const sync = syncCrypto();
  if (sync !== null) return sync.hmacSha256(raw, parts);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", plain(raw), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, concatBytes(parts)));
}
