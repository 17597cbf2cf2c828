/** HMAC-SHA-256 (RFC 2104) by a raw key. */
import { type Bytes, concatBytes, plain } from "../model/bytes.ts";
import { syncCrypto } from "./sync_crypto.ts";

const algorithm = { name: "HMAC", hash: "SHA-256" };

/** A key, made ready once for all that it signs. */
export class HmacKey {
  readonly #raw: Bytes;
  #key: Promise<CryptoKey> | null = null;

  /** It has at least one byte: Web Crypto takes none. */
  constructor(raw: Uint8Array) {
    this.#raw = plain(raw);
  }

  /** Computes the 32 bytes for `parts`, one behind the other. */
  async sign(parts: readonly Uint8Array[]): Promise<Bytes> {
    const sync = syncCrypto();
    if (sync !== null) return sync.hmacSha256(this.#raw, parts);
    this.#key ??= crypto.subtle.importKey("raw", this.#raw, algorithm, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, concatBytes(parts)));
  }
}

/** As `HmacKey`, by a key that signs once. */
export function hmacSha256(raw: Uint8Array, parts: readonly Uint8Array[]): Promise<Bytes> {
  return new HmacKey(raw).sign(parts);
}
