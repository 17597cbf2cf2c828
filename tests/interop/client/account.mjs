/** WIRE 7.1 to 7.3: an account's public and secret keys, and what is made of its password. */
import {
  Buffer,
  hkdf,
  isSigned,
  join,
  nothing,
  open,
  publicKeyOf,
  randomBytes,
  seal,
  sha256,
  sign,
} from "./bytes.mjs";
import { choice, decode, encode, fixed, list, struct, text, u64 } from "./fields.mjs";
import { makeIdentity, recipientOf } from "./hpke.mjs";
import { argon2id } from "./noble.mjs";
import { parameters as parametersType } from "./structures.mjs";

export const earlierKeys = list(struct({ identity: text, fingerprint: fixed(32), until: u64 }));

const ownKeys = {
  signingSeed: fixed(32),
  identity: text,
  mailboxKey: fixed(32),
};
const secretsType = choice("form", {
  1: struct(ownKeys),
  2: struct({ ...ownKeys, earlier: earlierKeys }),
});

export function makeSecrets() {
  return {
    form: 1,
    signingSeed: randomBytes(32),
    identity: makeIdentity(),
    mailboxKey: randomBytes(32),
    earlier: [],
  };
}

/** Opens the secret keys that the server keeps for `address` (7.2). */
export function openSecrets(wrappingKey, sealedKeys, context) {
  const secrets = decode(secretsType, open(wrappingKey, sealedKeys, contextOf(context)));
  return { earlier: [], ...secrets };
}

export function sealSecrets(wrappingKey, secrets, context) {
  return seal(wrappingKey, encode(secretsType, secrets), contextOf(context));
}

function contextOf({ address, parameters, fingerprint }) {
  const kind = join(text.write("mailctl secret keys"), Buffer.of(0, 1));
  return join(kind, text.write(address), encode(parametersType, parameters), fingerprint);
}

/** The public keys of secret ones, signed for an address (7.1). */
export function publicKeysOf({ signingSeed, identity }, address) {
  const signingKey = publicKeyOf(signingSeed);
  const recipient = recipientOf(identity);
  const fingerprint = fingerprintOf(signingKey, sha256(recipient));
  const signature = sign(signingSeed, "mailctl keys v1\0", address, "\0", fingerprint);
  return { signingKey, recipient, signature, fingerprint };
}

export function fingerprintOf(signingKey, recipientDigest) {
  return sha256("mailctl account v2\0", signingKey, recipientDigest);
}

/** Checks an account's public keys, as the server shows them, and returns them with their fingerprint. */
export function checkedKeys(keys, address) {
  const fingerprint = fingerprintOf(keys.signingKey, sha256(keys.recipient));
  const said = ["mailctl keys v1\0", address, "\0", fingerprint];
  if (!isSigned(keys.signingKey, keys.signature, ...said)) {
    throw new Error(`the keys of ${address} are not signed by themselves`);
  }
  return { ...keys, fingerprint };
}

/** What a password gives (7.3): a seed to log in by, and the key around the secret keys. */
export function fromPassword(password, parameters, stretched = null) {
  const { memoryKiB, passes } = parameters;
  if (memoryKiB < 65_536 || memoryKiB > 262_144 || passes < 3 || passes > 8) {
    throw new Error(`a password is not stretched by ${memoryKiB} KiB and ${passes} passes`);
  }
  const ikm = stretched ?? stretch(password, parameters);
  return {
    loginSeed: hkdf(ikm, nothing, "mailctl login seed v2"),
    wrappingKey: hkdf(ikm, nothing, "mailctl wrapping key v1"),
  };
}

/** @returns 32 bytes; it takes seconds */
function stretch(password, { salt, memoryKiB, passes }) {
  const typed = Buffer.from(password.normalize("NFC"));
  return argon2id(typed, salt, { m: memoryKiB, t: passes, p: 1, dkLen: 32, maxmem: 2 ** 32 - 1 });
}

/** Key and signature of a login by a seed, worth something in one session alone (7.3). */
export function loginBy(loginSeed, transcript, address) {
  const signature = sign(loginSeed, "mailctl login v2\0", transcript, text.write(address));
  return { key: publicKeyOf(loginSeed), signature };
}
