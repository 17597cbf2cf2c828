/** Accounts as their administrator sees and bounds them: sizes and counts, nothing of what is in them. */
import type { AccountName } from "../model/address.ts";
import type { AccountFingerprint } from "../model/digests.ts";
import type { AccountId } from "../model/ids.ts";
import type { Account } from "./account_store.ts";

/** What a mailbox may hold. 0: no bound. */
export interface Quota {
  /** Of sealed bodies, their headers and envelopes, each entry counted in full. */
  readonly maxBytes: number;
  readonly maxMessages: number;
}

/** The bounds of one mailbox that are to change; null: as the server has it. */
export interface QuotaChange {
  readonly maxBytes?: number | null | undefined;
  readonly maxMessages?: number | null | undefined;
}

/** An account as its administrator sees it: sizes and counts, nothing of what is in it. */
export interface AccountDetails {
  readonly id: AccountId;
  readonly name: AccountName;
  /** SHA-256 that names both keys. */
  readonly fingerprint: AccountFingerprint;
  readonly createdAt: number;
  readonly disabledAt: number | null;
  readonly messages: number;
  readonly unread: number;
  readonly bytes: number;
  /** Its own bounds; null: the server's. */
  readonly maxBytes: number | null;
  readonly maxMessages: number | null;
}

/** What is kept, counted over all accounts. */
export interface Totals {
  readonly accounts: number;
  readonly disabled: number;
  readonly messages: number;
  readonly unread: number;
  readonly bytes: number;
  /** Invites that could still be used. */
  readonly invites: number;
}

export interface AdministrationStore {
  /** Shuts an account, or opens it again with null; a time that is there stays. Null: there is no such account. */
  disableAccount(name: AccountName, at: number | null): Promise<Account | null>;
  /** Sets the bounds that are given: null is the server's. Returns false where there is no such account. */
  setQuota(name: AccountName, quota: QuotaChange): Promise<boolean>;
  describeAccount(name: AccountName): Promise<AccountDetails | null>;
  /** By name, in the order of its code points: those that begin with `prefix` and come after `after`. */
  describeAccounts(page: {
    readonly prefix: string;
    readonly after: AccountName | null;
    readonly limit: number;
  }): Promise<AccountDetails[]>;
  /** Counts over all accounts. Reads a short row of each: not for what anybody may ask. */
  totals(now: number): Promise<Totals>;
}
