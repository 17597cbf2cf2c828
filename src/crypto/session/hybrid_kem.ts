/**
 * MLKEM768-X25519 (KEM 0x647a of HPKE, also known as X-Wing) on Web Crypto: a secret is safe for as long as either
 * half is. Its secret keys never meet arithmetic of our own or of a library in JavaScript, whose time could tell of them.
 */
import { type Bytes, concatBytes, plain, utf8 } from "../../model/bytes.ts";
import {
  agreeX25519,
  decapsulate,
  encapsulate,
  ephemeralX25519,
  exportMlKem,
  importMlKem,
  importX25519,
  openMlKem,
  openX25519,
  publicMlKem,
} from "./key_agreement.ts";
import { syncCrypto } from "../sync_crypto.ts";

/** Bytes of a secret key; any that are random will do. */
export const hybridSeedBytes = 32;

const mlKemSeedBytes = 64;
const mlKemKeyBytes = 1184;
const mlKemCiphertextBytes = 1088;
export const hybridPublicKeyBytes = mlKemKeyBytes + 32;
export const hybridCiphertextBytes = mlKemCiphertextBytes + 32;

const label = utf8("\\.//^\\");

/** Computes the public key of a seed. */
export async function hybridPublicKey(seed: Uint8Array): Promise<Bytes> {
  const { mlKem, x25519 } = await openHybridKey(seed);
  return concatBytes([await exportMlKem(await publicMlKem(mlKem)), x25519.publicKey]);
}

/** A public key, taken up. */
export interface HybridPublicKey {
  readonly mlKem: CryptoKey;
  readonly x25519: CryptoKey;
  /** The raw half of `x25519`. */
  readonly xKey: Uint8Array;
}

/** Takes a public key up, once for all that it seals. Rejects for what is none. */
export async function importHybridKey(publicKey: Uint8Array): Promise<HybridPublicKey> {
  const xKey = publicKey.slice(mlKemKeyBytes);
  const [mlKem, x25519] = await Promise.all([
    importMlKem(publicKey.subarray(0, mlKemKeyBytes)),
    importX25519(xKey),
  ]);
  return { mlKem, x25519, xKey };
}

/** Makes a fresh secret of 32 bytes, and the ciphertext that carries it. Rejects for a key by which all are the same. */
export async function encapsulateHybrid({ mlKem, x25519, xKey }: HybridPublicKey) {
  const [ephemeral, encapsulated] = await Promise.all([ephemeralX25519(), encapsulate(mlKem)]);
  const xCiphertext = ephemeral.publicKey;
  const xSecret = await agreeX25519(ephemeral.privateKey, x25519);
  return {
    ciphertext: concatBytes([encapsulated.ciphertext, xCiphertext]),
    secret: await combine(encapsulated.secret, xSecret, xCiphertext, xKey),
  };
}

/** Opens a ciphertext; that of another key gives an unrelated secret. Rejects for what is no ciphertext. */
export async function decapsulateHybrid(
  { mlKem, x25519 }: HybridKey,
  ciphertext: Uint8Array,
): Promise<Bytes> {
  const xCiphertext = ciphertext.subarray(mlKemCiphertextBytes);
  const [mlKemSecret, xSecret] = await Promise.all([
    decapsulate(mlKem, ciphertext.subarray(0, mlKemCiphertextBytes)),
    agreeX25519(x25519.privateKey, xCiphertext),
  ]);
  return combine(mlKemSecret, xSecret, xCiphertext, x25519.publicKey);
}

/** A secret key, taken up. */
export interface HybridKey {
  readonly mlKem: CryptoKey;
  readonly x25519: { readonly privateKey: CryptoKey; readonly publicKey: Bytes };
}

/** Takes a secret key up, once for all that it opens. */
export async function openHybridKey(seed: Uint8Array): Promise<HybridKey> {
  // Without a name and a customization, cSHAKE256 is SHAKE256 (NIST SP 800-185 3.3).
  const shake = { name: "cSHAKE256", outputLength: 8 * (mlKemSeedBytes + 32) };
  const expanded = new Uint8Array(await crypto.subtle.digest(shake, plain(seed)));
  const [mlKem, x25519] = await Promise.all([
    openMlKem(expanded.subarray(0, mlKemSeedBytes)),
    openX25519(expanded.subarray(mlKemSeedBytes)),
  ]);
  return { mlKem, x25519 };
}

async function combine(...parts: readonly Uint8Array[]): Promise<Bytes> {
  const joined = concatBytes([...parts, label]);
  const sync = syncCrypto();
  if (sync !== null) return sync.digest("SHA3-256", joined);
  return new Uint8Array(await crypto.subtle.digest("SHA3-256", joined));
}
