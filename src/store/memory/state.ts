/** All that the memory store holds, and how an account is found in it. */
import type { AccountName } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountId, UploadId } from "../../model/ids.ts";
import type { FailedLogins } from "../failed_login_store.ts";
import { DueFirst, noSuchAccount, sessionOver, storeClosed } from "../failures.ts";
import type { KeptInvite } from "../invite_store.ts";
import type { RequestKey } from "../request_store.ts";
import type { Actor } from "../store.ts";
import { Watchers } from "../watchers.ts";
import type { Message, StoredMailbox } from "./stored_mailbox.ts";

interface Upload {
  readonly accountId: AccountId;
  readonly chunks: Uint8Array[];
}

/** A request that was carried out. */
export interface KeptRequest extends Omit<RequestKey, "id"> {
  readonly result: unknown;
}

export class MemoryState {
  readonly secret: Uint8Array = crypto.getRandomValues(new Uint8Array(32));
  /** In the order of their account ids, from 1 on. */
  readonly mailboxes: StoredMailbox[] = [];
  /** By `messageKey`. */
  readonly messages = new Map<string, Message>();
  readonly uploads = new Map<UploadId, Upload>();
  /** By the hash of the token, in hexadecimal digits. */
  readonly invites = new Map<string, KeptInvite>();
  /** By rate and key. */
  failedLogins = new Map<string, FailedLogins>();
  /** By name. */
  readonly aliases = new Map<AccountName, { skeleton: string; mailbox: StoredMailbox }>();
  /** By account and id, the oldest first. */
  readonly requests = new Map<string, KeptRequest>();
  /** What is changed now is changed under; null: under none. */
  readonly request: RequestKey | null = null;
  readonly watchers = new Watchers();
  readonly changeWatchers = new Watchers();
  nextUpload = 1;
  closed = false;

  /** The same state, for one session: `admit` refuses it once that is over, or before what is due by `asOf`. */
  as(actor: Actor, asOf?: () => number): MemoryState {
    const admit = () => {
      this.admit();
      const { account, devices } = this.mailbox(actor.id);
      const { epoch, device } = actor;
      const isThere = device === undefined || devices.some(({ key }) => equalBytes(key, device));
      if (account.epoch !== epoch || !isThere) throw sessionOver();
      if (asOf !== undefined && this.#hasDue(actor.id, asOf())) throw new DueFirst();
    };
    return this.#with({ admit, request: actor.request ?? null });
  }

  /** The same state, for one request. */
  under(request: RequestKey): MemoryState {
    return this.#with({ request });
  }

  /** True where mail of an account has expired, or any is to be delivered. */
  #hasDue(accountId: AccountId, now: number): boolean {
    return this.messages.values().some(({ held }) => held !== null && held.deliverAt <= now) ||
      this.mailbox(accountId).entries.values().some(({ expiresAt }) =>
        expiresAt !== null && expiresAt <= now
      );
  }

  #with(own: Partial<MemoryState>): MemoryState {
    return new Proxy(this, {
      get: (state, key) => Reflect.get(Object.hasOwn(own, key) ? own : state, key),
    });
  }

  /** Comes before every call. @throws {MailError} `internal` once the store was closed */
  admit(): void {
    if (this.closed) throw storeClosed();
  }

  mailbox(accountId: AccountId): StoredMailbox {
    const mailbox = this.mailboxes[accountId - 1];
    if (mailbox === undefined) throw noSuchAccount(accountId);
    return mailbox;
  }

  /** Those of accounts that are not closed. */
  open(): StoredMailbox[] {
    return this.mailboxes.filter(({ closedAt }) => closedAt === null);
  }

  /** True where an account, closed or not, or an alias has the name, or looks like it. */
  isTaken({ name, skeleton }: { readonly name: AccountName; readonly skeleton: string }): boolean {
    return this.aliases.has(name) ||
      this.aliases.values().some((alias) => alias.skeleton === skeleton) ||
      this.mailboxes.some(({ account }) => account.name === name || account.skeleton === skeleton);
  }

  named(name: AccountName): StoredMailbox | undefined {
    return this.mailboxes.find(({ account, closedAt }) =>
      account.name === name && closedAt === null
    );
  }
}

/** Ends every session of an account that there is; returns the epoch of the next. */
export function raiseEpoch(mailbox: StoredMailbox): number {
  const epoch = mailbox.account.epoch + 1;
  mailbox.account = { ...mailbox.account, epoch };
  return epoch;
}
