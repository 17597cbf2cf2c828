/** Fingerprints as two people compare them aloud: forty decimal digits, which sound alike in no language. WIRE.md 7.1. */
import { MailError } from "../../model/errors.ts";
import { parseFingerprint } from "../fingerprint.ts";
import { equalBytes } from "../../model/bytes.ts";
import {
  type AccountFingerprint,
  asAccountFingerprint,
  type ServerFingerprint,
} from "../../model/digests.ts";

/** Tells whether a fingerprint is the one that somebody gave. */
export type FingerprintTest = (fingerprint: AccountFingerprint) => boolean;

const groupBytes = 4;
const groupDigits = 5;

/**
 * Formats a fingerprint (32 bytes) as eight groups of five digits, one for every four bytes of it. To find another key
 * with the same digits takes 2^132 attempts: reading more of them aloud would only tempt people to compare fewer.
 */
export function formatSpoken(fingerprint: AccountFingerprint | ServerFingerprint): string {
  const { buffer, byteOffset, byteLength } = fingerprint;
  const view = new DataView(buffer, byteOffset, byteLength);
  const groups = Array.from({ length: byteLength / groupBytes }, (_, at) => {
    const number = view.getUint32(at * groupBytes) % 10 ** groupDigits;
    return String(number).padStart(groupDigits, "0");
  });
  return groups.join(" ");
}

/**
 * Parses a fingerprint that came by another way: all that `parseFingerprint` takes, or the spoken digits.
 * @throws {MailError} `malformed`
 */
export function parseGiven(text: string): FingerprintTest {
  const digits = text.replace(/\s/g, "");
  if (/^[0-9]{40}$/.test(digits)) {
    return (fingerprint) => formatSpoken(fingerprint).replaceAll(" ", "") === digits;
  }
  const given = parseWhole(text);
  return (fingerprint) => equalBytes(fingerprint, given);
}

function parseWhole(text: string): AccountFingerprint {
  try {
    return asAccountFingerprint(parseFingerprint(text));
  } catch (cause) {
    if (!(cause instanceof MailError)) throw cause;
    throw new MailError(cause.code, cause.message, {
      cause,
      hint: "Write the 64 hexadecimal digits, or the 40 digits that `mailctl verify` shows.",
    });
  }
}
