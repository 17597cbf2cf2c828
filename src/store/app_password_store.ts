/** Application passwords. */
import type { AppPasswordScope } from "../model/device.ts";
import type { AppPasswordVerifier } from "../model/digests.ts";
import type { AccountId } from "../model/ids.ts";
import type { AccountChange } from "./credential_store.ts";

/** What is kept of an application password. */
export interface NewAppPassword {
  /** What its owner calls it; no two of an account have the same. */
  readonly label: string;
  readonly scope: AppPasswordScope;
  /** Digest of the password. */
  readonly verifier: AppPasswordVerifier;
  readonly createdAt: number;
}

export interface AppPassword extends NewAppPassword {
  /** When it last let somebody in; null: never. */
  readonly usedAt: number | null;
}

export interface AppPasswordStore {
  /**
   * Keeps an application password.
   * @throws {MailError} `name_taken` for its label, `too_large` where there are `limits.maxAppPasswords`
   */
  addAppPassword(change: AccountChange & NewAppPassword): Promise<void>;
  /** By label, in the order of its code points. None of an account that does not exist. */
  appPasswords(accountId: AccountId): Promise<AppPassword[]>;
  /** Returns whether there was one. */
  removeAppPassword(accountId: AccountId, label: string): Promise<boolean>;
  /** Notes when one was used; one that is gone is passed over. */
  noteAppPasswordUse(accountId: AccountId, label: string, usedAt: number): Promise<void>;
}
