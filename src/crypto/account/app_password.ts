/**
 * Application passwords: 128 random bits, so that a plain digest is all that has to be kept of them, and nothing slow
 * stands before it. WIRE.md 7.6.
 */
import { concatBytes, randomBytes, utf8 } from "../../model/bytes.ts";
import { type AppPasswordVerifier, asAppPasswordVerifier } from "../../model/digests.ts";
import { canonicalBase32, decodeBase32, secretWord } from "../base32.ts";
import { sha256 } from "../fingerprint.ts";

const secretBytes = 16;
const characterCount = Math.ceil(secretBytes * 8 / 5);

/** An application password, told once, and what the server keeps of it. */
export interface MadeAppPassword {
  /** 26 letters and digits: one word, which every form and configuration file takes as it is. */
  readonly password: string;
  /** 32 bytes. */
  readonly verifier: AppPasswordVerifier;
}

export async function makeAppPassword(): Promise<MadeAppPassword> {
  const secret = randomBytes(secretBytes);
  return { password: secretWord(secret), verifier: await verifierOf(secret) };
}

/** Digests a password as somebody typed it; null for what can be none. */
export async function appPasswordVerifier(password: string): Promise<AppPasswordVerifier | null> {
  if (password.length > 4 * characterCount) return null;
  const characters = canonicalBase32(password);
  if (characters.length !== characterCount) return null;
  const secret = decodeBase32(characters);
  return secret === null ? null : await verifierOf(secret);
}

async function verifierOf(secret: Uint8Array): Promise<AppPasswordVerifier> {
  const named = concatBytes([utf8("mailctl application password v1\0"), secret]);
  return asAppPasswordVerifier(await sha256(named));
}
