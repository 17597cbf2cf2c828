/**
 * The post-quantum keys of age (`age1pq1...`, `AGE-SECRET-KEY-PQ-1...`), as C2SP.org/age has them: `mlkem768x25519`.
 * The `age-encryption` package writes and reads the files; these keys are what it is given for recipients and identities.
 */
import type { Identity, Recipient, Stanza } from "age-encryption";
import { type Bytes, randomBytes } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";
import { decodeBech32, encodeBech32 } from "../bech32.ts";
import { openHpke, sealHpke } from "../session/hpke.ts";
import {
  decapsulateHybrid,
  encapsulateHybrid,
  hybridCiphertextBytes,
  hybridPublicKey,
  hybridPublicKeyBytes,
  hybridSeedBytes,
} from "../session/hybrid_kem.ts";

const recipientPrefix = "age1pq";
const identityPrefix = "age-secret-key-pq-";
const stanzaType = "mlkem768x25519";
const info = `age-encryption.org/${stanzaType}`;
const wrappedKeyBytes = 16 + 16;

/** Makes an identity. */
export function generateIdentity(): string {
  return encodeBech32(identityPrefix, randomBytes(hybridSeedBytes)).toUpperCase();
}

/** Computes the recipient of an identity. @throws {MailError} `bad_signature` for what is none */
export async function recipientOf(identity: string): Promise<string> {
  return encodeBech32(recipientPrefix, await hybridPublicKey(seedOf(identity)));
}

/** Tells whether mail can be sealed to the recipient of this identity. */
export function isIdentity(text: string): boolean {
  return decodeIdentity(text) !== null;
}

/** What age wraps file keys to. @throws {MailError} `bad_signature` for what is no recipient */
export function ageRecipient(recipient: string): Recipient {
  const publicKey = decodeBech32(recipientPrefix, recipient);
  if (publicKey?.length !== hybridPublicKeyBytes) throw sealBroken();
  return {
    async wrapFileKey(fileKey) {
      const { ciphertext, secret } = await encapsulateHybrid(publicKey);
      const body = await sealHpke(secret, info, fileKey);
      return [{ args: [stanzaType, ciphertext.toBase64({ omitPadding: true })], body }];
    },
  };
}

/** What age opens file keys with. @throws {MailError} `bad_signature` for what is no identity */
export function ageIdentity(identity: string): Identity {
  const seed = seedOf(identity);
  return {
    async unwrapFileKey(stanzas) {
      for (const stanza of stanzas) {
        if (stanza.args[0] !== stanzaType) continue;
        const fileKey = await unwrap(seed, stanza);
        if (fileKey !== null) return fileKey;
      }
      return null;
    },
  };
}

async function unwrap(seed: Uint8Array, { args, body }: Stanza): Promise<Bytes | null> {
  const [, share = ""] = args;
  const ciphertext = Uint8Array.fromBase64(share);
  const isCanonical = ciphertext.toBase64({ omitPadding: true }) === share;
  const isWhole = ciphertext.length === hybridCiphertextBytes && body.length === wrappedKeyBytes;
  if (args.length !== 2 || !isCanonical || !isWhole) throw sealBroken();
  return openHpke(await decapsulateHybrid(seed, ciphertext), info, body);
}

function seedOf(identity: string): Bytes {
  return decodeIdentity(identity) ?? fail();
}

function decodeIdentity(text: string): Bytes | null {
  if (text !== text.toUpperCase()) return null;
  const seed = decodeBech32(identityPrefix, text.toLowerCase());
  return seed?.length === hybridSeedBytes ? seed : null;
}

function fail(): never {
  throw sealBroken();
}
