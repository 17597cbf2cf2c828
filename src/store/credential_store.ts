/** Passwords, second ways in, and keys with how they were succeeded. */
import type { AccountName } from "../model/address.ts";
import type { LoginKey, RecoveryKey } from "../model/digests.ts";
import type { AccountId } from "../model/ids.ts";
import type { Account, NewAccount, StoredKeys } from "./account_store.ts";

/** What a password decides of an account. */
export type StoredPassword = Pick<NewAccount, "parameters" | "loginKey" | "sealedKeys">;

/** A second way into an account. */
export interface StoredRecovery {
  /** The public key of the recovery code. */
  readonly key: RecoveryKey;
  /** The account's keys, sealed under what the recovery code becomes. */
  readonly sealedKeys: Uint8Array;
}

/** What changes how an account is entered. A session makes it through `Store.as`: what it sealed fits its epoch only. */
export interface AccountChange {
  readonly accountId: AccountId;
}

/** What a change of keys has left: the account's epoch, and whether a second way in ended. */
export interface ChangedKeys {
  readonly epoch: number;
  readonly recoveryEnded: boolean;
}

/** What of a device changes with the account's keys or its password. */
export interface DeviceSecrets {
  /** The public key that it logs in by; names it within the account. */
  readonly key: LoginKey;
  /** The account's secret keys, sealed under the device key. */
  readonly sealedKeys: Uint8Array;
  /** The device key, sealed under the password. */
  readonly wrappedKey: Uint8Array;
}

/** What devices get with a change; those that are not among them end. */
export interface DeviceChange {
  readonly devices: readonly DeviceSecrets[];
}

/** Both signatures on a change of keys. */
export interface StoredSuccession {
  readonly succeededAt: number;
  readonly signature: Uint8Array;
  readonly acceptance: Uint8Array;
}

/** Keys that an account had, and how they were succeeded. */
export interface StoredStep extends StoredSuccession {
  readonly signingKey: Uint8Array;
  readonly recipient: string;
}

export interface KeysChange extends AccountChange, DeviceChange {
  readonly keys: StoredKeys;
  readonly sealedKeys: Uint8Array;
  readonly succession: StoredSuccession;
}

export interface SealedKeysChange extends AccountChange, DeviceChange {
  readonly sealedKeys: Uint8Array;
}

/** What an account's keys are, and the last `limits.maxSuccessions` steps to them, oldest first. */
export interface StoredLine {
  readonly keys: StoredKeys;
  readonly steps: readonly StoredStep[];
}

export interface RecoveryChange extends AccountChange, StoredPassword {
  readonly recoveryKey: RecoveryKey;
}

export interface CredentialStore {
  /** Returns the epoch that the account has from then on. */
  replacePassword(change: AccountChange & DeviceChange & StoredPassword): Promise<number>;
  /** Keeps a second way in, in the place of an earlier one; null: none. */
  replaceRecovery(change: AccountChange & { recovery: StoredRecovery | null }): Promise<void>;
  /** Null for a name that is nobody's, and for an account without a second way in. */
  findRecovery(name: AccountName): Promise<{ account: Account; recovery: StoredRecovery } | null>;
  /**
   * Replaces the password and drops the second way in, the application passwords and the devices; false, changing
   * nothing, where it has another key by now.
   */
  recover(change: RecoveryChange): Promise<boolean>;
  /** Replaces an account's keys, keeps how they were succeeded, and drops its second way in, which holds the old ones. */
  replaceKeys(change: KeysChange): Promise<ChangedKeys>;
  /** Replaces the sealed keys and drops the second way in, which lacks what was added. */
  replaceSealedKeys(change: SealedKeysChange): Promise<ChangedKeys>;
  /** One answer a name, in order. */
  findLines(names: readonly AccountName[]): Promise<(StoredLine | null)[]>;
}
