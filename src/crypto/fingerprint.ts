/** Fingerprints: the SHA-256 values that people compare and clients pin. */
import type { PublicKeys } from "../model/account.ts";
import { BoundedMap } from "../model/bounded_map.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../model/bytes.ts";
import {
  type AccountFingerprint,
  asAccountFingerprint,
  asRecipientDigest,
  asServerFingerprint,
  type RecipientDigest,
  type ServerFingerprint,
} from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import { maxSyncBytes, syncCrypto } from "./sync_crypto.ts";

/** Digests bytes with SHA-256. */
export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  const sync = syncCrypto();
  if (sync !== null && bytes.length <= maxSyncBytes) return sync.digest("SHA-256", bytes);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", plain(bytes)));
}

/** Of recipients that were digested: an account digests its own for every message. */
const recipientDigests = new BoundedMap<string, RecipientDigest>(64);

/** Digests what mail is sealed to. */
export async function digestRecipient(recipient: string): Promise<RecipientDigest> {
  const known = recipientDigests.get(recipient);
  if (known !== undefined) return known;
  const digest = asRecipientDigest(await sha256(utf8(recipient)));
  recipientDigests.set(recipient, digest);
  return digest;
}

/** Names both public keys of an account at once: WIRE.md 7.1. */
export async function accountFingerprint(
  { signingKey, recipient }: PublicKeys,
): Promise<AccountFingerprint> {
  return await fingerprintOf(signingKey, await digestRecipient(recipient));
}

/** Names the keys of an account by its signing key and what stands for its recipient. */
export async function fingerprintOf(
  signingKey: Uint8Array,
  recipient: RecipientDigest,
): Promise<AccountFingerprint> {
  const named = concatBytes([utf8("mailctl account v2\0"), signingKey, recipient]);
  return asAccountFingerprint(await sha256(named));
}

/** Names the RSA key of a server (DER SubjectPublicKeyInfo). */
export async function serverFingerprint(spki: Uint8Array): Promise<ServerFingerprint> {
  return asServerFingerprint(await sha256(spki));
}

/** Formats a fingerprint as 64 hexadecimal digits, in one word that can be pasted anywhere. */
export function formatFingerprint(fingerprint: AccountFingerprint | ServerFingerprint): string {
  return fingerprint.toHex();
}

/**
 * Parses the fingerprint of an account or a server; upper case, spaces, colons and a leading `SHA256:` are as good.
 * @throws {MailError} `malformed`
 */
export function parseFingerprint(text: string): Bytes {
  const digits = text.trim().replace(/^sha256:/i, "").replace(/[\s:]/g, "");
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new MailError(
      "malformed",
      `Cannot use a fingerprint of ${digits.length} characters: it needs 64 hexadecimal digits`,
    );
  }
  return Uint8Array.fromHex(digits);
}
