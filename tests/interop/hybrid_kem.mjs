/**
 * The KEM of an `age1pq1...` recipient: HPKE (RFC 9180) in base mode with MLKEM768-X25519 (KEM 0x647a, also known as
 * X-Wing), HKDF-SHA-256 and ChaCha20-Poly1305, as age's specification (C2SP.org/age) asks of `mlkem768x25519`.
 */

import { join, utf8 } from "./bytes.mjs";
import { u16 } from "./fields.mjs";
import { expand, extract, mlKem768, sha256, sha3, shake256, x25519 } from "./noble.mjs";

const label = utf8("\\.//^\\");
const suite = join(utf8("HPKE"), u16.write(0x647a), u16.write(1), u16.write(3));
const mlKemKeyBytes = 1184;
const mlKemCiphertextBytes = 1088;

const combine = (mlKemSecret, xSecret, xCiphertext, xKey) =>
  sha3(join(mlKemSecret, xSecret, xCiphertext, xKey, label));

/** A fresh secret for a public key (1216 bytes), and the ciphertext (1120 bytes) that carries it. */
export function encapsulate(publicKey) {
  const xKey = publicKey.subarray(mlKemKeyBytes);
  const { cipherText, sharedSecret } = mlKem768.encapsulate(
    publicKey.subarray(0, mlKemKeyBytes),
  );
  const ephemeral = x25519.keygen();
  const xSecret = x25519.getSharedSecret(ephemeral.secretKey, xKey);
  return {
    ciphertext: join(cipherText, ephemeral.publicKey),
    secret: combine(sharedSecret, xSecret, ephemeral.publicKey, xKey),
  };
}

/** The secret in a ciphertext, by the 32 bytes of the identity. */
export function decapsulate(ciphertext, seed) {
  const expanded = shake256(seed, { dkLen: 96 });
  const { secretKey } = mlKem768.keygen(expanded.subarray(0, 64));
  const xSecretKey = expanded.subarray(64);
  const xCiphertext = ciphertext.subarray(mlKemCiphertextBytes);
  return combine(
    mlKem768.decapsulate(
      ciphertext.subarray(0, mlKemCiphertextBytes),
      secretKey,
    ),
    x25519.getSharedSecret(xSecretKey, xCiphertext),
    xCiphertext,
    x25519.getPublicKey(xSecretKey),
  );
}

/** RFC 9180, section 4 */
const labeledExtract = (salt, name, ikm) =>
  extract(sha256, join(utf8("HPKE-v1"), suite, utf8(name), ikm), salt);
const labeledExpand = (prk, name, info, length) =>
  expand(
    sha256,
    prk,
    join(u16.write(length), utf8("HPKE-v1"), suite, utf8(name), info),
    length,
  );

/** RFC 9180, 5.1: the key schedule of the base mode, for one message. */
export function schedule(secret, info) {
  const nothing = new Uint8Array(0);
  const pskIdHash = labeledExtract(undefined, "psk_id_hash", nothing);
  const infoHash = labeledExtract(undefined, "info_hash", utf8(info));
  const context = join(new Uint8Array(1), pskIdHash, infoHash);
  const prk = labeledExtract(secret, "secret", nothing);
  return {
    key: labeledExpand(prk, "key", context, 32),
    nonce: labeledExpand(prk, "base_nonce", context, 12),
  };
}
