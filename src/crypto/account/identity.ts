/** An account's keys: made, published under its own signature, and sealed for keeping at the server. WIRE.md 7. */
import type { PasswordParameters, PublicKeys, SecretKeys } from "../../model/account.ts";
import { type AccountName, type Address, addressAt } from "../../model/address.ts";
import { type Bytes, concatBytes, equalBytes, randomBytes, utf8 } from "../../model/bytes.ts";
import type { AccountFingerprint, WrappingKey } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import {
  decode,
  encode,
  fixed,
  list,
  struct,
  text,
  u16,
  u64,
  versioned,
} from "../../wire/fields.ts";
import {
  address,
  fingerprint,
  passwordParameters,
  type PublishedKeys,
} from "../../wire/layouts.ts";
import { AeadKey } from "../aead.ts";
import { generateIdentity, recipientOf } from "./age_key.ts";
import { accountFingerprint } from "../fingerprint.ts";
import { generateSigningSeed, sign, signingKeyOf, verify } from "../signature.ts";

const current = { signingSeed: fixed(32), identity: text(256), mailboxKey: fixed(32) };
/** Keys that an account had before. */
export const earlier = list(
  struct({ identity: text(256), fingerprint, until: u64 }),
  limits.maxEarlierKeys,
);

/** The layouts of what is sealed under the wrapping key: the second is for accounts whose keys changed. */
const firstLayout = versioned(1, struct(current));
const secondLayout = versioned(2, struct({ ...current, earlier }));

/** Encodes secret keys, to be sealed. @throws {MailError} `too_large` for too many earlier ones */
export function encodeSecretKeys(keys: SecretKeys): Bytes {
  const { earlier = [] } = keys;
  return earlier.length === 0
    ? encode(firstLayout, keys)
    : encode(secondLayout, { ...keys, earlier });
}

/** @throws {MailError} `protocol` */
function decodeSecretKeys(encoded: Uint8Array): SecretKeys {
  return encoded[0] === 2 ? decode(secondLayout, encoded) : decode(firstLayout, encoded);
}

/** What the sealed keys are bound to, so that a server cannot give them to another account or weaken them. */
const sealedKeysContext = struct({
  label: text(64),
  version: u16,
  address,
  parameters: passwordParameters,
  fingerprint,
});

/** Makes the secret keys of a new account. */
export function generateSecretKeys(): SecretKeys {
  return {
    signingSeed: generateSigningSeed(),
    identity: generateIdentity(),
    mailboxKey: randomBytes(32),
  };
}

/** Computes the public keys from the secret ones. */
export async function publicKeysOf(keys: SecretKeys): Promise<PublicKeys> {
  return {
    signingKey: await signingKeyOf(keys.signingSeed),
    recipient: await recipientOf(keys.identity),
  };
}

/** Signs that an account's public keys belong together and to its address (`name@domain`). */
export async function publishKeys(keys: SecretKeys, address: Address): Promise<PublishedKeys> {
  const open = await publicKeysOf(keys);
  const signature = await sign(
    keys.signingSeed,
    publishedMessage(address, await accountFingerprint(open)),
  );
  return { ...open, signature };
}

/** A post-quantum recipient of age, which is the only kind that mail is sealed to. */
const recipientForm = /^age1pq1[02-9ac-hj-np-z]{1952}$/;

/** Checks the form of an account's public keys, and its own signature on them. */
export async function verifyPublishedKeys(
  name: AccountName,
  domain: string,
  keys: PublishedKeys,
): Promise<boolean> {
  if (!recipientForm.test(keys.recipient)) return false;
  const message = publishedMessage(addressAt(name, domain), await accountFingerprint(keys));
  return verify(keys.signingKey, keys.signature, message);
}

function publishedMessage(address: Address, fingerprint: AccountFingerprint): Bytes {
  return concatBytes([utf8(`mailctl keys v1\0${address}\0`), fingerprint]);
}

/** What sealed keys belong to. */
export interface KeyOwner {
  readonly address: Address;
  readonly parameters: PasswordParameters;
  /** Of the public keys. */
  readonly fingerprint: AccountFingerprint;
}

/** Seals the secret keys under the wrapping key. */
export function sealSecretKeys(
  wrappingKey: WrappingKey,
  owner: KeyOwner,
  keys: SecretKeys,
): Promise<Bytes> {
  return new AeadKey(wrappingKey).seal(contextOf(owner), encodeSecretKeys(keys));
}

/**
 * Opens the secret keys. The signing key is computed anew and must be the one published; the age recipient is held
 * by the seal's context, which its owner made: computing it anew would cost every command for nothing.
 * @throws {MailError} `bad_signature`
 */
export async function openSecretKeys(
  wrappingKey: WrappingKey,
  owner: KeyOwner,
  signingKey: Uint8Array,
  sealed: Uint8Array,
): Promise<SecretKeys> {
  const opened = await new AeadKey(wrappingKey).open(contextOf(owner), sealed);
  return await decodeOwnKeys(opened, signingKey);
}

/** Decodes secret keys that have to be those of a public signing key. @throws {MailError} `bad_signature` */
export async function decodeOwnKeys(
  encoded: Uint8Array,
  signingKey: Uint8Array,
): Promise<SecretKeys> {
  const keys = decodeSecretKeys(encoded);
  await requireOwnSeed(keys.signingSeed, signingKey);
  return keys;
}

/** @throws {MailError} `bad_signature` for the seed of another signing key */
export async function requireOwnSeed(seed: Uint8Array, signingKey: Uint8Array): Promise<void> {
  if (!equalBytes(await signingKeyOf(seed), signingKey)) throw inconsistentKeys();
}

/** Of keys of an account that are not each other's. */
export function inconsistentKeys(): MailError {
  return new MailError("bad_signature", "Cannot use the account: its keys do not belong together");
}

function contextOf({ address, parameters, fingerprint }: KeyOwner): Bytes {
  const label = "mailctl secret keys";
  return encode(sealedKeysContext, { label, version: 1, address, parameters, fingerprint });
}
