/** Keys of ChaCha20-Poly1305 (RFC 8439) in Web Crypto, which age files are sealed by. */
import { type Bytes, plain } from "../model/bytes.ts";
import { maxSyncBytes, syncCrypto } from "./sync_crypto.ts";

const chacha = "ChaCha20-Poly1305";

/** Imports a raw key of 32 bytes. */
function importChachaKey(raw: Bytes): Promise<CryptoKey> {
  const format = "raw-secret" as "raw"; // in the runtime, but not yet in TypeScript's library
  return crypto.subtle.importKey(format, raw, chacha, false, ["encrypt", "decrypt"]);
}

/** Seals messages under a raw key of 32 bytes, each with a nonce of 12 bytes that no other one has. */
export class ChachaSealer {
  readonly #raw: Bytes;
  #key: Promise<CryptoKey> | null = null;

  constructor(raw: Bytes) {
    this.#raw = raw;
  }

  /** The ciphertext, then the tag of 16 bytes. */
  async seal(iv: Bytes, message: Uint8Array): Promise<Bytes> {
    const sync = syncCrypto();
    if (sync !== null && message.length <= maxSyncBytes) {
      return sync.sealChacha(this.#raw, iv, message);
    }
    const key = await (this.#key ??= importChachaKey(this.#raw));
    return new Uint8Array(await crypto.subtle.encrypt({ name: chacha, iv }, key, plain(message)));
  }
}

/** Opens what a `ChachaSealer` made under a raw key of 32 bytes. */
export class ChachaOpener {
  readonly #raw: Bytes;
  #key: Promise<CryptoKey> | null = null;

  constructor(raw: Bytes) {
    this.#raw = raw;
  }

  /** @throws {Error} for anything else */
  async open(iv: Bytes, sealed: Uint8Array): Promise<Bytes> {
    const sync = syncCrypto();
    if (sync !== null && sealed.length <= maxSyncBytes) {
      return sync.openChacha(this.#raw, iv, sealed);
    }
    const key = await (this.#key ??= importChachaKey(this.#raw));
    return new Uint8Array(await crypto.subtle.decrypt({ name: chacha, iv }, key, plain(sealed)));
  }
}
