/** The post-quantum keys of age (`age1pq1...`, `AGE-SECRET-KEY-PQ-1...`), as C2SP.org/age writes them. */
import { type Bytes, randomBytes } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";
import { decodeBech32, encodeBech32 } from "../bech32.ts";
import { hybridPublicKey, hybridPublicKeyBytes, hybridSeedBytes } from "../session/hybrid_kem.ts";

const recipientPrefix = "age1pq";
const identityPrefix = "age-secret-key-pq-";

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

/** Decodes an identity to its seed. @throws {MailError} `bad_signature` for what is none */
export function seedOf(identity: string): Bytes {
  const seed = decodeIdentity(identity);
  if (seed === null) throw sealBroken();
  return seed;
}

/** Decodes a recipient to its public key. @throws {MailError} `bad_signature` for what is none */
export function publicKeyOf(recipient: string): Bytes {
  const publicKey = decodeBech32(recipientPrefix, recipient);
  if (publicKey?.length !== hybridPublicKeyBytes) throw sealBroken();
  return publicKey;
}

function decodeIdentity(text: string): Bytes | null {
  if (text !== text.toUpperCase()) return null;
  const seed = decodeBech32(identityPrefix, text.toLowerCase());
  return seed?.length === hybridSeedBytes ? seed : null;
}
