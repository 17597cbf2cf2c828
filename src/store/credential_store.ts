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

/** Every change of password or keys seals the keys anew: so these tell whether an account is still what it was. */
export interface AccountChange {
  readonly accountId: AccountId;
  readonly expectedSealedKeys: Uint8Array;
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

/** What an account's keys are, and the last `limits.maxSuccessions` steps to them, oldest first. */
export interface StoredLine {
  readonly keys: StoredKeys;
  readonly steps: readonly StoredStep[];
}

export interface RecoveryChange extends StoredPassword {
  readonly accountId: AccountId;
  readonly recoveryKey: RecoveryKey;
}

export interface CredentialStore {
  /** Returns false, changing nothing, where the sealed keys are no longer the expected ones. */
  replacePassword(change: AccountChange & DeviceChange & StoredPassword): Promise<boolean>;
  /** Keeps a second way in, in the place of an earlier one; null: none. False as for `replacePassword`. */
  replaceRecovery(change: AccountChange & { recovery: StoredRecovery | null }): Promise<boolean>;
  /** Null for a name that is nobody's, and for an account without a second way in. */
  findRecovery(name: AccountName): Promise<{ account: Account; recovery: StoredRecovery } | null>;
  /**
   * Replaces the password and drops the second way in, the application passwords and the devices; false, changing
   * nothing, where it has another key by now.
   */
  recover(change: RecoveryChange): Promise<boolean>;
  /**
   * Replaces an account's keys, keeps how they were succeeded, and drops its second way in, which holds the old ones.
   * Null, changing nothing, where the sealed keys are no longer the expected ones.
   */
  replaceKeys(change: KeysChange): Promise<{ readonly recoveryEnded: boolean } | null>;
  /** Replaces the sealed keys and drops the second way in, which lacks what was added. Null as for `replaceKeys`. */
  replaceSealedKeys(
    change: AccountChange & DeviceChange & { readonly sealedKeys: Uint8Array },
  ): Promise<{ readonly recoveryEnded: boolean } | null>;
  /** One answer a name, in order. */
  findLines(names: readonly AccountName[]): Promise<(StoredLine | null)[]>;
}
