/** WIRE 7: passwords, and the keys of accounts. */

import { deriveKey, insist, join, same, utf8 } from "./bytes.mjs";
import { decode, encode, raw, structure, text, u16, u8 } from "./fields.mjs";
import { openKept } from "./kept.mjs";
import { argon2id, ed25519, sha256 } from "./noble.mjs";
import { parameters } from "./operations.mjs";

/** WIRE 7.2 */
const secretKeys = structure({
  version: u8,
  signingSeed: raw(32),
  identity: text,
  mailboxKey: raw(32),
});

/** WIRE 7.3 */
export async function stretchPassword(password, { salt, memoryKiB, passes }) {
  insist(
    65_536 <= memoryKiB && memoryKiB <= 262_144,
    `${memoryKiB} KiB for a password`,
  );
  insist(3 <= passes && passes <= 8, `${passes} passes for a password`);
  const settings = { m: memoryKiB, t: passes, p: 1, dkLen: 32 };
  return await argon2id(utf8(password.normalize("NFC")), salt, settings);
}

/** WIRE 7.3 */
export const passwordKeys = (stretched) => ({
  loginSeed: deriveKey(stretched, undefined, "mailctl login seed v2"),
  wrappingKey: deriveKey(stretched, undefined, "mailctl wrapping key v1"),
});

/** WIRE 7.3: who is there, signed over the session. */
export function proveLogin(seed, transcript, address) {
  const message = join(
    utf8("mailctl login v2\0"),
    transcript,
    encode(text, address),
  );
  return {
    key: ed25519.getPublicKey(seed),
    signature: ed25519.sign(message, seed),
  };
}

/** WIRE 7.1 */
export const digestRecipient = (recipient) => sha256(utf8(recipient));

/** WIRE 7.1 */
export const fingerprintOf = (signingKey, recipientDigest) =>
  sha256(join(utf8("mailctl account v2\0"), signingKey, recipientDigest));

/** WIRE 7.1, 8.2: Ed25519 as RFC 8032 has it. */
export const verify = (signature, message, signingKey) =>
  ed25519.verify(signature, message, signingKey, { zip215: false });

/** WIRE 7.1: gives the fingerprint of keys that are signed for this address. */
export function checkKeys(keys, address) {
  const fingerprint = fingerprintOf(
    keys.signingKey,
    digestRecipient(keys.recipient),
  );
  const signed = join(utf8(`mailctl keys v1\0${address}\0`), fingerprint);
  insist(
    verify(keys.signature, signed, keys.signingKey),
    `the keys of ${address} are not its own`,
  );
  return fingerprint;
}

/** WIRE 7.2: what the login gave, with its address, its fingerprint and its secret keys. */
export function openAccount(account, wrappingKey) {
  const address = `${account.name}@${account.domain}`;
  const fingerprint = checkKeys(account.keys, address);
  const context = join(
    encode(text, "mailctl secret keys"),
    encode(u16, 1),
    encode(text, address),
    encode(parameters, account.parameters),
    fingerprint,
  );
  const secrets = decode(
    secretKeys,
    openKept(wrappingKey, account.sealedKeys, context),
  );
  insist(secrets.version === 1, "secret keys of another version");
  const signingKey = ed25519.getPublicKey(secrets.signingSeed);
  insist(
    same(signingKey, account.keys.signingKey),
    "the signing key is not the seed's",
  );
  return { ...account, address, fingerprint, ...secrets };
}
