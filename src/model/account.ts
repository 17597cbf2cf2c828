/** What an account is to others (its public keys) and to itself (its secret ones). */
import { equalBytes } from "./bytes.ts";
import type { AccountFingerprint } from "./digests.ts";

/** The public half of an account. Its fingerprint is what correspondents pin. */
export interface PublicKeys {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly signingKey: Uint8Array;
  /** The age recipient (`age1pq1...`) that mail is sealed to. */
  readonly recipient: string;
}

/** The secret half: it leaves the client only sealed under the wrapping key. */
export interface SecretKeys {
  /** Ed25519 seed, 32 bytes. */
  readonly signingSeed: Uint8Array;
  /** The age identity (`AGE-SECRET-KEY-PQ-1...`) that opens mail. */
  readonly identity: string;
  /** 32 random bytes: seals summaries, the keyring and filings, and names repeatable sends. */
  readonly mailboxKey: Uint8Array;
  /** What the account had before its keys changed, newest first: for the mail of that time. Absent: nothing. */
  readonly earlier?: readonly EarlierKeys[] | undefined;
}

/** What of the secret half a device has: a device of less power has less. */
export interface KeyShare {
  /** Null: it signs nothing. */
  readonly signingSeed: Uint8Array | null;
  /** Null: it opens no mail. */
  readonly identity: string | null;
  readonly earlier?: readonly EarlierKeys[] | undefined;
  readonly mailboxKeys: MailboxKeys;
}

/** What is derived from the mailbox key; 32 bytes each. */
export interface MailboxKeys {
  /** They seal summaries: one for each identity, the current one first. None: it opens no mail. */
  readonly summaryKeys: readonly Uint8Array[];
  readonly keyringKey: Uint8Array;
  /** Seals how messages are filed, and the list of folders. Null: it sees no mail. */
  readonly filingKey: Uint8Array | null;
  /** Names repeatable sends. */
  readonly sendKey: Uint8Array;
  /** Marks keys of correspondents as verified. Null: a device of less power than its owner. */
  readonly markKey: Uint8Array | null;
}

/** Keys that an account had, as it needs them to read its older mail. */
export interface EarlierKeys {
  readonly identity: string;
  /** Of the public keys. */
  readonly fingerprint: AccountFingerprint;
  /** When they were succeeded, milliseconds since 1970. 0: nobody signed that they were, and they vouch for nothing. */
  readonly until: number;
}

/** Keys that somebody had, as others need them to judge older mail. */
export type FormerKeys = Omit<EarlierKeys, "identity">;

/** Clocks of one person's machines may differ by this much: mail dated so long after a change of keys is of before. */
export const succession = { slackMs: 10 * 60 * 1000 } as const;

/** Finds keys that had this fingerprint when something was signed; null where none had. */
export function formerKeysOf(
  former: readonly FormerKeys[],
  fingerprint: AccountFingerprint,
  date: number,
): FormerKeys | null {
  return former.find((keys) =>
    keys.until > 0 && equalBytes(keys.fingerprint, fingerprint) &&
    date <= keys.until + succession.slackMs
  ) ?? null;
}

/** How a password becomes keys (Argon2id); kept with the account so that it can be raised. */
export interface PasswordParameters {
  /** 16 random bytes. */
  readonly salt: Uint8Array;
  readonly memoryKiB: number;
  readonly passes: number;
}

/** The least and the most a client accepts: a hostile server may ask for neither too little nor too much. */
export const passwordFloor = { memoryKiB: 64 * 1024, passes: 3 } as const;
export const passwordCeiling = { memoryKiB: 256 * 1024, passes: 8 } as const;
