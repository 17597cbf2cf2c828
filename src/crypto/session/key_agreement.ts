/** The three key agreements of the handshake, on Web Crypto: RSA-OAEP-256, X25519 and ML-KEM-768. */
import { type Bytes, plain } from "../../model/bytes.ts";
import { syncCrypto } from "../sync_crypto.ts";
import { importRawKey, publicHalfOf } from "../raw_key.ts";

/** Encrypts a short secret to an RSA public key (DER SubjectPublicKeyInfo). */
export async function encryptRsa(spki: Uint8Array, secret: Uint8Array): Promise<Bytes> {
  const key = await crypto.subtle.importKey(
    "spki",
    plain(spki),
    { name: "RSA-OAEP", hash: "SHA-256" },
    false,
    ["encrypt"],
  );
  const sealed = await crypto.subtle.encrypt("RSA-OAEP", key, plain(secret));
  return new Uint8Array(sealed);
}

/** Makes an ephemeral X25519 pair. */
export async function generateX25519(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey("X25519", true, ["deriveBits"]) as CryptoKeyPair;
}

/** Exports the raw public half, 32 bytes. */
export async function exportX25519(publicKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
}

/** Makes an ephemeral X25519 pair for one agreement. */
export async function ephemeralX25519() {
  const made = syncCrypto()?.generateX25519();
  if (made !== undefined) {
    const { pkcs8, publicKey } = made;
    const importing = crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
    return { privateKey: await importing, publicKey };
  }
  const { privateKey, publicKey } = await generateX25519();
  return { privateKey, publicKey: await exportX25519(publicKey) };
}

/** Takes up a raw private key of 32 bytes, and computes its public half. */
export async function openX25519(raw: Uint8Array) {
  const privateKey = await importRawKey("X25519", raw, true);
  return { privateKey, publicKey: await publicHalfOf(privateKey) };
}

/** Takes up a raw public key of 32 bytes. */
export function importX25519(raw: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", plain(raw), "X25519", true, []);
}

/** Agrees on 32 bytes. Rejects for a peer's point of small order (RFC 7748 6.1). */
export async function agreeX25519(own: CryptoKey, peer: Uint8Array | CryptoKey): Promise<Bytes> {
  const key = peer instanceof CryptoKey ? peer : await importX25519(peer);
  const shared = await crypto.subtle.deriveBits({ name: "X25519", public: key }, own, 256);
  return new Uint8Array(shared);
}

// Web Crypto's modern algorithms (ML-KEM, Argon2id) are in the runtime but not yet in TypeScript's library.
interface KeyEncapsulation {
  encapsulateBits(algorithm: string, key: CryptoKey): Promise<{
    ciphertext: ArrayBuffer;
    sharedKey: ArrayBuffer;
  }>;
  decapsulateBits(algorithm: string, key: CryptoKey, ciphertext: Uint8Array): Promise<ArrayBuffer>;
  getPublicKey(key: CryptoKey, usages: readonly string[]): Promise<CryptoKey>;
}
const kem = crypto.subtle as unknown as KeyEncapsulation;
const mlKem768 = "ML-KEM-768";
const rawPublic = "raw-public" as "raw";
const rawSeed = "raw-seed" as "raw";

/** Makes an ephemeral ML-KEM-768 pair (FIPS 203). */
export async function generateMlKem(): Promise<CryptoKeyPair> {
  const usages = ["encapsulateBits", "decapsulateBits"] as unknown as KeyUsage[];
  return await crypto.subtle.generateKey(mlKem768, true, usages) as CryptoKeyPair;
}

/** Takes up a private key by its seed of 64 bytes (FIPS 203, d and z). */
export function openMlKem(seed: Uint8Array): Promise<CryptoKey> {
  const usages = ["decapsulateBits"] as unknown as KeyUsage[];
  return crypto.subtle.importKey(rawSeed, plain(seed), mlKem768, true, usages);
}

/** Computes the public half of a private key. */
export function publicMlKem(privateKey: CryptoKey): Promise<CryptoKey> {
  return kem.getPublicKey(privateKey, ["encapsulateBits"]);
}

/** Exports the raw encapsulation key, 1184 bytes. */
export async function exportMlKem(publicKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey(rawPublic, publicKey));
}

/** Takes up a raw encapsulation key, 1184 bytes. */
export function importMlKem(raw: Uint8Array): Promise<CryptoKey> {
  const usages = ["encapsulateBits"] as unknown as KeyUsage[];
  return crypto.subtle.importKey(rawPublic, plain(raw), mlKem768, true, usages);
}

/** Makes a fresh 32-byte secret and the ciphertext that carries it. */
export async function encapsulate(publicKey: Uint8Array | CryptoKey) {
  const key = publicKey instanceof CryptoKey ? publicKey : await importMlKem(publicKey);
  const made = await kem.encapsulateBits(mlKem768, key);
  return { ciphertext: new Uint8Array(made.ciphertext), secret: new Uint8Array(made.sharedKey) };
}

/** Opens what `encapsulate` made; a foreign ciphertext gives an unrelated secret (FIPS 203 implicit rejection). */
export async function decapsulate(own: CryptoKey, ciphertext: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await kem.decapsulateBits(mlKem768, own, ciphertext));
}
