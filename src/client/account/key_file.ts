/** An account's keys as an age identity file: `age -d -i` takes it, and the comments say whose it is. */
import { isIdentity } from "../../crypto/account/age_key.ts";
import type { EarlierKeys } from "../../model/account.ts";
import { asAccountFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { identityTextsOf, type OpenAccount, signingSeedOf } from "../account.ts";

/** Writes the keys out, in the clear: whoever has them reads the account's mail and signs in its name. */
export function formatKeyFile(
  { address, fingerprint, publicKeys, share }: OpenAccount,
): string {
  const { earlier = [] } = share;
  const [identity = ""] = identityTextsOf({ share });
  return [
    `# mailctl account: ${address}`,
    `# fingerprint: ${fingerprint.toHex()}`,
    `# public key: ${publicKeys.recipient}`,
    `# signing seed (Ed25519): ${signingSeedOf({ share }).toHex()}`,
    identity,
    ...earlier.flatMap(({ identity, fingerprint, until }) => [
      `# earlier keys, until ${new Date(until).toISOString()}: ${fingerprint.toHex()}`,
      identity,
    ]),
    "",
  ].join("\n");
}

/** The most that a file of keys may have, opened or sealed. */
export const maxKeyFileBytes = 64 * 1024;

/** As `formatKeyFile` writes it; other programs write no fingerprint. */
const fingerprintForm = /^# (?:fingerprint|earlier keys, until [^ ]+): ([0-9a-f]{64})$/;

/**
 * Reads the identities of an age identity file. They open mail, and vouch for nothing: whoever wrote the file may have
 * written anything into it.
 * @throws {MailError} `malformed` for a line that is no post-quantum identity, without repeating it, and for
 * a file without any; `too_large`
 */
export function parseKeyFile(text: string): EarlierKeys[] {
  const found: EarlierKeys[] = [];
  let fingerprint = new Uint8Array(32);
  for (const [index, source] of text.split("\n").entries()) {
    const line = source.trimEnd();
    if (line === "" || line.startsWith("#")) {
      fingerprint = Uint8Array.fromHex(fingerprintForm.exec(line)?.[1] ?? fingerprint.toHex());
      continue;
    }
    if (!isIdentity(line)) throw noIdentity(index + 1);
    found.push({ identity: line, fingerprint: asAccountFingerprint(fingerprint), until: 0 });
    fingerprint = new Uint8Array(32);
    if (found.length > limits.maxEarlierKeys + 1) throw tooManyKeys();
  }
  if (found.length > 0) return found;
  throw new MailError("malformed", "Cannot use the key file: there are no keys in it");
}

/** @returns for an account that would have more earlier keys than it can keep */
export function tooManyKeys(): MailError {
  return new MailError(
    "too_large",
    `Cannot import the keys: an account has at most ${limits.maxEarlierKeys} besides its own`,
  );
}

function noIdentity(line: number): MailError {
  return new MailError(
    "malformed",
    `Cannot use line ${line} of the key file: it is not a key for mail`,
    { hint: "Write one key on each line. Each begins with AGE-SECRET-KEY-PQ-1." },
  );
}
