/** AES-256-GCM for what an account keeps sealed at the server: a random nonce, then the ciphertext. */
import { type Bytes, concatBytes, plain, randomBytes } from "../model/bytes.ts";
import { sealBroken } from "../model/errors.ts";
import { maxSyncBytes, type SyncCrypto, syncCrypto } from "./sync_crypto.ts";

const nonceBytes = 12;

/** A key of 32 bytes, made ready once for all that it seals and opens. */
export class AeadKey {
  readonly #raw: Bytes;
  #key: Promise<CryptoKey> | null = null;

  constructor(raw: Uint8Array) {
    this.#raw = plain(raw);
  }

  /** Seals a message; `context` must be the same to open it. */
  async seal(context: Uint8Array, message: Uint8Array): Promise<Bytes> {
    const nonce = randomBytes(nonceBytes);
    return concatBytes([nonce, await this.#encrypt(nonce, context, message)]);
  }

  /** Opens what `seal` made. @throws {MailError} `bad_signature`, the same for every cause. */
  async open(context: Uint8Array, sealed: Uint8Array): Promise<Bytes> {
    const nonce = sealed.subarray(0, nonceBytes);
    try {
      return await this.#decrypt(nonce, context, sealed.subarray(nonceBytes));
    } catch (cause) {
      throw sealBroken(cause);
    }
  }

  async #encrypt(nonce: Bytes, context: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
    const sync = syncFor(message);
    if (sync !== null) return sync.sealAes(this.#raw, nonce, context, message);
    const parameters = { name: "AES-GCM", iv: nonce, additionalData: plain(context) };
    return new Uint8Array(
      await crypto.subtle.encrypt(parameters, await this.#imported(), plain(message)),
    );
  }

  async #decrypt(nonce: Uint8Array, context: Uint8Array, sealed: Uint8Array): Promise<Bytes> {
    const sync = syncFor(sealed);
    if (sync !== null) return sync.openAes(this.#raw, nonce, context, sealed);
    const parameters = { name: "AES-GCM", iv: plain(nonce), additionalData: plain(context) };
    return new Uint8Array(
      await crypto.subtle.decrypt(parameters, await this.#imported(), plain(sealed)),
    );
  }

  #imported(): Promise<CryptoKey> {
    return this.#key ??= crypto.subtle.importKey("raw", this.#raw, "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
  }
}

function syncFor({ length }: Uint8Array): SyncCrypto | null {
  return length <= maxSyncBytes ? syncCrypto() : null;
}
