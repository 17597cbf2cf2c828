/**
 * The stanza of WIRE 8.2: HPKE (RFC 9180) in base mode, of the KEM 0x647a (ML-KEM-768 with X25519), HKDF-SHA-256 and
 * ChaCha20-Poly1305; and the spelling of age's recipients and identities, Bech32 of a public key and of a seed.
 */
import { Buffer, hmac, join, nothing, randomBytes } from "./bytes.mjs";
import { bech32, chacha20poly1305, hybridKem } from "./noble.mjs";

const info = "age-encryption.org/mlkem768x25519";
const suite = Buffer.from("HPKE\x64\x7a\x00\x01\x00\x03", "latin1"); // KEM, KDF, AEAD
const baseMode = Buffer.of(0);
const recipientPrefix = "age1pq";
const identityPrefix = "age-secret-key-pq-";

export function makeIdentity() {
  return spell(identityPrefix, randomBytes(32)).toUpperCase();
}

/** The recipient (`age1pq1...`) that an identity (`AGE-SECRET-KEY-PQ-1...`) opens the files of. */
export function recipientOf(identity) {
  return spell(recipientPrefix, pairOf(identity).publicKey);
}

/** Seals a file key for a recipient. */
export function seal(recipient, fileKey) {
  const publicKey = unspell(recipientPrefix, recipient);
  const { cipherText, sharedSecret } = hybridKem.encapsulate(publicKey);
  return { encapsulated: cipherText, ciphertext: cipherOf(sharedSecret).encrypt(fileKey) };
}

/** @throws {Error} where it was sealed for another */
export function open(identity, encapsulated, ciphertext) {
  const shared = hybridKem.decapsulate(encapsulated, pairOf(identity).secretKey);
  return Buffer.from(cipherOf(shared).decrypt(ciphertext));
}

/** RFC 9180 5.1, and 5.2 for the first message: its nonce is the base nonce. */
function cipherOf(sharedSecret) {
  const context = join(
    baseMode,
    extract(nothing, "psk_id_hash", nothing),
    extract(nothing, "info_hash", info),
  );
  const secret = extract(sharedSecret, "secret", nothing);
  const key = expand(secret, "key", context, 32);
  return chacha20poly1305(key, expand(secret, "base_nonce", context, 12));
}

/** LabeledExtract of RFC 9180 4. */
function extract(salt, label, ikm) {
  return hmac(salt, "HPKE-v1", suite, label, ikm);
}

/** LabeledExpand of RFC 9180 4, for at most one block of SHA-256. */
function expand(key, label, context, length) {
  const labeled = join(Buffer.of(0, length), "HPKE-v1", suite, label, context);
  return hmac(key, labeled, Buffer.of(1)).subarray(0, length);
}

const pairs = new Map();

function pairOf(identity) {
  if (!pairs.has(identity)) {
    pairs.set(identity, hybridKem.keygen(unspell(identityPrefix, identity.toLowerCase())));
  }
  return pairs.get(identity);
}

function spell(prefix, bytes) {
  return bech32.encode(prefix, bech32.toWords(bytes), false);
}

function unspell(prefix, spelled) {
  const { prefix: found, words } = bech32.decode(spelled, false);
  if (found !== prefix) throw new Error(`${found} is not ${prefix}`);
  return bech32.fromWords(words);
}
