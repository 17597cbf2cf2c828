/** Senders whose mail an account does not want. */
import type { AccountId } from "../model/ids.ts";

export interface StoredBlock {
  /** The name of an account of this server, or an address of another domain, as `parseSender` folds both. */
  readonly address: string;
  readonly blockedAt: number;
}

/** A message of a blocked sender is taken as any other, and gets no entry in the mailbox of whoever blocked it. */
export interface BlockStore {
  /**
   * Blocks senders, all or none. One that is blocked stays as it is.
   * @throws {MailError} `too_large` for more than `limits.maxBlocked` in all
   */
  block(accountId: AccountId, addresses: readonly string[], blockedAt: number): Promise<void>;
  /** Ends blocks, all or none. @throws {MailError} `no_such_recipient` naming all that are not blocked */
  unblock(accountId: AccountId, addresses: readonly string[]): Promise<void>;
  /** By address, in the order of its code points. */
  blocked(accountId: AccountId): Promise<StoredBlock[]>;
}
