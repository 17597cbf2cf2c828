/** Fingerprints: the SHA-256 values that people compare and clients pin. */
import type { PublicKeys } from "../model/account.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";

/** Digests bytes with SHA-256. */
export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", plain(bytes)));
}

/** Names both public keys of an account at once: WIRE.md 7.1. */
export function accountFingerprint({ signingKey, recipient }: PublicKeys): Promise<Uint8Array> {
  return sha256(concatBytes([utf8("mailctl account v1\0"), signingKey, utf8(recipient)]));
}

/** Formats a fingerprint as 64 hexadecimal digits, in one word that can be pasted anywhere. */
export function formatFingerprint(fingerprint: Uint8Array): string {
  return fingerprint.toHex();
}

/**
 * Parses a fingerprint; upper case, spaces, colons and a leading `SHA256:` are as good.
 * @throws {MailError} `malformed`
 */
export function parseFingerprint(text: string): Uint8Array {
  const digits = text.trim().replace(/^sha256:/i, "").replace(/[\s:]/g, "");
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new MailError(
      "malformed",
      `Cannot use a fingerprint of ${digits.length} characters: it needs 64 hexadecimal digits`,
    );
  }
  return Uint8Array.fromHex(digits);
}
