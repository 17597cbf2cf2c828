/** Accounts: who there is, with which keys, and what of its own each keeps at the server. */
import type { AccountId } from "../model/ids.ts";
import type { PasswordParameters } from "../model/account.ts";
import type { AccountName } from "../model/address.ts";
import type { AccountFingerprint, KeyringTag, LoginKey } from "../model/digests.ts";
import type { KeyringPart } from "../model/keyring.ts";

export interface StoredKeys {
  readonly signingKey: Uint8Array;
  readonly recipient: string;
  readonly signature: Uint8Array;
  /** SHA-256 that names both keys; see crypto/fingerprint. */
  readonly fingerprint: AccountFingerprint;
}

export interface NewAccount {
  readonly name: AccountName;
  /** Two names that look alike have one skeleton. */
  readonly skeleton: string;
  readonly parameters: PasswordParameters;
  /** The public key of its password. */
  readonly loginKey: LoginKey;
  readonly keys: StoredKeys;
  readonly sealedKeys: Uint8Array;
  readonly createdAt: number;
}

export interface Account extends NewAccount {
  readonly id: AccountId;
  /** Raised by every change that ends the account's sessions: of password or keys, by a recovery, disabling, closing. */
  readonly epoch: number;
  /** When it was shut by an administrator; null: it is not. */
  readonly disabledAt: number | null;
}

export interface StoredKeyring {
  /** True: all parts, the whole one first. False: those behind the one that was known. */
  readonly isWhole: boolean;
  /** By version. */
  readonly parts: readonly KeyringPart[];
  /** Rises with each restore of a backup, by its time in milliseconds since 1970 and more; 0: there was none. */
  readonly restoredAt: number;
}

/** What the keyring of `expectedVersion` becomes. */
export interface KeyringUpdate extends KeyringPart {
  readonly expectedVersion: number;
  /** Of the newest part, which this one goes behind; null: a whole one, in the place of all. */
  readonly after: KeyringTag | null;
}

/** How often an account may do something. */
export interface AccountRate {
  /** Where its tries are counted: from 1 on, for ever the same, and no other rate's. */
  readonly place: number;
  /** Tries at once, after a long pause. */
  readonly burst: number;
  /** Tries that come back in a second. */
  readonly perSecond: number;
  /** What a try is, for the message to the caller. */
  readonly meaning: string;
}

export interface AccountStore {
  /** @throws {MailError} `name_taken` for the name or its skeleton, of an account or of an alias */
  createAccount(account: NewAccount): Promise<AccountId>;
  findAccount(name: AccountName): Promise<Account | null>;
  /** Tells whether a name was that of an account which is closed now. */
  wasAccount(name: AccountName): Promise<boolean>;
  /** One answer a name, in order. */
  findKeys(names: readonly AccountName[]): Promise<(StoredKeys | null)[]>;
  /** What there is behind the part of this tag; all of it where there is no such part. */
  keyring(accountId: AccountId, known?: KeyringTag | null): Promise<StoredKeyring>;
  /**
   * The new version is above the expected one, by any number.
   * @throws {MailError} `keyring_changed` where the newest part is another by now; `too_large` for a part too many
   */
  replaceKeyring(accountId: AccountId, update: KeyringUpdate): Promise<void>;
  /**
   * Closes an account for good: its keys, keyring, application passwords, devices and aliases are erased, nobody finds it, and
   * its name stays taken. What of its mail waits to be sent never will be. What it has of mail is left to `expireDue`. Closing a
   * closed one changes nothing.
   */
  closeAccount(accountId: AccountId, closedAt: number): Promise<void>;
}
