/** Invites: the right to make accounts. */
import type { AccountId } from "../model/ids.ts";
import type { NewAccount } from "./account_store.ts";
import type { InviteHash } from "../model/digests.ts";

/** The right to make accounts. Only a hash of its token is kept. */
export interface NewInvite {
  readonly tokenHash: InviteHash;
  /** How many accounts it makes; 1 or more. */
  readonly uses: number;
  readonly expiresAt: number;
  /** The quota of these accounts; null: the server's. */
  readonly maxBytes: number | null;
  /** True for an administrator's own, which also opens a server that is closed to others. */
  readonly provisioning: boolean;
}

/** An invite as an administrator sees it, with what is left of it. */
export interface KeptInvite extends NewInvite {
  readonly createdAt: number;
}

/** An invite at the time when it is to be used. */
export interface InviteUse {
  readonly tokenHash: InviteHash;
  readonly now: number;
}

export interface InviteStore {
  /** Keeps an invite, and drops those that have expired by `now`. Returns when it expires. */
  addInvite(invite: NewInvite, now: number): Promise<number>;
  /** Invites that can be used at `now`, in the order of their hashes: those that come after `after`. */
  invites(page: {
    readonly now: number;
    readonly after: InviteHash | null;
    readonly limit: number;
  }): Promise<KeptInvite[]>;
  /**
   * Drops the invites whose hashes begin as these ids, 1 to 32 bytes each: all or none.
   * @throws {MailError} `no_such_message` naming every id that no invite has.
   */
  revokeInvites(ids: readonly Uint8Array[]): Promise<void>;
  /** Null where there is no such invite, or it is used up or has expired. */
  findInvite(use: InviteUse): Promise<{ readonly provisioning: boolean } | null>;
  /**
   * Makes an account with the quota of its invite, which then has one use less.
   * @throws {MailError} `denied` for an invite that is not there any more; `name_taken`: then the invite stays as it was
   */
  createInvitedAccount(account: NewAccount, use: InviteUse): Promise<AccountId>;
}
