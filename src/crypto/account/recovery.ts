/**
 * The recovery code of an account, and its keys sealed under it. The code is 160 random bits: nobody guesses at it,
 * so nothing slow stands before it, and nothing has to be asked of the server to make keys of it. WIRE.md 7.4.
 */
import type { SecretKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, concatBytes, randomBytes, utf8 } from "../../model/bytes.ts";
import {
  type AccountFingerprint,
  asRecoverySeed,
  asRecoveryWrappingKey,
  type RecoverySeed,
  type RecoveryWrappingKey,
} from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { encode, struct, text, u16 } from "../../wire/fields.ts";
import { address, fingerprint } from "../../wire/layouts.ts";
import { AeadKey } from "../aead.ts";
import { canonicalBase32, decodeBase32, encodeBase32 } from "../base32.ts";
import { deriveKeys } from "../derive.ts";
import { sha256 } from "../fingerprint.ts";
import { decodeOwnKeys, encodeSecretKeys } from "./identity.ts";

const secretBytes = 20;
const checkCharacters = 4;
const codeCharacters = secretBytes * 8 / 5 + checkCharacters;

/** What a code becomes. */
export interface RecoveryKeys {
  /** Signs who is there, and never leaves the client; 32 bytes. */
  readonly recoverySeed: RecoverySeed;
  /** Opens the account's secret keys and never leaves the client; 32 bytes. */
  readonly wrappingKey: RecoveryWrappingKey;
}

/** What keys sealed for recovery belong to. */
export interface RecoveryOwner {
  /** `name@domain` */
  readonly address: Address;
  /** Of the public keys. */
  readonly fingerprint: AccountFingerprint;
}

/** Makes a code: nine groups of four characters. The last group is a check of the others. */
export async function makeRecoveryCode(): Promise<string> {
  const secret = randomBytes(secretBytes);
  const characters = encodeBase32(secret) + await checkOf(secret);
  return characters.match(/.{4}/g)!.join("-");
}

/**
 * Derives the keys of a code as somebody wrote it: lower case, other blanks and hyphens, O for 0 and I or L for 1 are
 * as good.
 * @throws {MailError} `malformed` for what is no code, without repeating it
 */
export async function deriveRecoveryKeys(code: string): Promise<RecoveryKeys> {
  const [recoverySeed, wrappingKey] = await deriveKeys(await parseCode(code), [
    "mailctl recovery seed v2",
    "mailctl recovery wrapping key v1",
  ]);
  return {
    recoverySeed: asRecoverySeed(recoverySeed!),
    wrappingKey: asRecoveryWrappingKey(wrappingKey!),
  };
}

/** Seals the secret keys under a code's wrapping key. */
export function sealForRecovery(
  wrappingKey: RecoveryWrappingKey,
  owner: RecoveryOwner,
  keys: SecretKeys,
): Promise<Bytes> {
  return new AeadKey(wrappingKey).seal(contextOf(owner), encodeSecretKeys(keys));
}

/** Opens what `sealForRecovery` made. @throws {MailError} `bad_signature` */
export async function openForRecovery(
  wrappingKey: RecoveryWrappingKey,
  owner: RecoveryOwner,
  signingKey: Uint8Array,
  sealed: Uint8Array,
): Promise<SecretKeys> {
  const opened = await new AeadKey(wrappingKey).open(contextOf(owner), sealed);
  return await decodeOwnKeys(opened, signingKey);
}

const context = struct({
  label: text(64),
  version: u16,
  address,
  fingerprint,
});

function contextOf(owner: RecoveryOwner): Bytes {
  return encode(context, { label: "mailctl recovery keys", version: 1, ...owner });
}

async function parseCode(code: string): Promise<Bytes> {
  const characters = canonicalBase32(code);
  if (characters.length !== codeCharacters) {
    throw new MailError(
      "malformed",
      `Cannot use a recovery code of ${characters.length} characters: it needs ${codeCharacters}`,
    );
  }
  const secret = decodeBase32(characters.slice(0, -checkCharacters));
  if (secret !== null && characters.endsWith(await checkOf(secret))) return secret;
  throw new MailError("malformed", "Cannot use the recovery code: it has a typing error");
}

/** 20 bits of a digest: one typing error in a million is not noticed here, and refused by the server. */
async function checkOf(secret: Bytes): Promise<string> {
  const digest = await sha256(concatBytes([utf8("mailctl recovery code v1\0"), secret]));
  return encodeBase32(digest.subarray(0, 5)).slice(0, checkCharacters);
}
