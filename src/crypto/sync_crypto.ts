/**
 * Small cryptography on the thread that asks. Web Crypto hands each call to another thread, which costs several times
 * what the work does; but what does without, `node:crypto`, takes longer to load than a one-shot command has. So
 * it is loaded by programs that run long or have much to do, and all of it is Web Crypto's until then.
 */
import type { Bytes } from "../model/bytes.ts";

/** What may be done at once. Each gives the same bytes as Web Crypto. */
export interface SyncCrypto {
  digest(algorithm: "SHA-256" | "SHA3-256", bytes: Uint8Array): Bytes;
  hmacSha256(key: Uint8Array, parts: readonly Uint8Array[]): Bytes;
  /** HKDF-SHA-256 (RFC 5869), `length` bytes. */
  hkdfSha256(parameters: HkdfParameters, length: number): Bytes;
  /** ChaCha20-Poly1305 (RFC 8439): the ciphertext, then the tag of 16 bytes. */
  sealChacha(key: Uint8Array, iv: Uint8Array, message: Uint8Array): Bytes;
  /** Opens what `sealChacha` made. @throws {Error} for anything else */
  openChacha(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array): Bytes;
  /** AES-256-GCM (NIST SP 800-38D) with a nonce of 12 bytes: the ciphertext, then the tag of 16 bytes. */
  sealAes(key: Uint8Array, nonce: Uint8Array, context: Uint8Array, message: Uint8Array): Bytes;
  /** Opens what `sealAes` made. @throws {Error} for anything else */
  openAes(key: Uint8Array, nonce: Uint8Array, context: Uint8Array, sealed: Uint8Array): Bytes;
  /** Seals and opens the small frames of a session under its key. */
  frameCipher(key: CryptoKey): SmallCipher;
  /** An ephemeral X25519 pair: the private key as PKCS #8, the public one raw. */
  generateX25519(): { readonly pkcs8: Bytes; readonly publicKey: Bytes };
}

/** What seals and opens frames under a session's key without waiting. */
export interface SmallCipher {
  /** Seals a payload into a place of its length and that of the tag. */
  readonly seal: (how: FrameParameters, payload: Uint8Array, into: Uint8Array) => void;
  /** Throws for what does not open, also for what has no room for a tag. */
  readonly open: (how: FrameParameters, sealed: Uint8Array) => Bytes;
}

export interface FrameParameters {
  readonly iv: Bytes;
  readonly additionalData: Bytes;
}

export interface HkdfParameters {
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
}

/** Longer input is left to the other threads: that work is worth the way. */
export const maxSyncBytes = 16 * 1024;

let current: SyncCrypto | null = null;

/** What small work is done by; null: Web Crypto. */
export function syncCrypto(): SyncCrypto | null {
  return current;
}

/** Has small work of this process done by this from now on; null: by Web Crypto. */
export function useSyncCrypto(crypto: SyncCrypto | null): void {
  current = crypto;
}
