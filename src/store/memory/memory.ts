// deno-lint-ignore-file require-await -- every method is async, so that what it throws is a rejection
/** The store in plain maps: for tests, and to be read, a subject a file, as the meaning of every promise of `Store`. */
import type { Removal, Retention } from "../../model/retention.ts";
import type { Account, NewAccount, StoredKeys } from "../account_store.ts";
import type {
  AccountDetails,
  AdministrationStore,
  Quota,
  QuotaChange,
  Totals,
} from "../administration_store.ts";
import type { AppPassword, NewAppPassword } from "../app_password_store.ts";
import type { NewArrival } from "../arrival_store.ts";
import { CommitTimes } from "../commit_times.ts";
import type {
  AccountChange,
  KeysChange,
  RecoveryChange,
  StoredLine,
  StoredPassword,
  StoredRecovery,
} from "../credential_store.ts";
import type { NewDeposit } from "../deposit_store.ts";
import type { InviteStore, InviteUse, KeptInvite, NewInvite } from "../invite_store.ts";
import type { Entry, ListPage, ListQuery } from "../mailbox_store.ts";
import {
  closeAccount,
  createAccount,
  findAccount,
  findKeys,
  keyring,
  replaceKeyring,
  wasAccount,
} from "./accounts.ts";
import {
  describeAccount,
  describeAccounts,
  disableAccount,
  setQuota,
  totals,
} from "./administration.ts";
import {
  addAppPassword,
  appPasswords,
  noteAppPasswordUse,
  removeAppPassword,
} from "./app_passwords.ts";
import { receive } from "./arrivals.ts";
import { appendUpload, beginUpload, body, discardUpload } from "./bodies.ts";
import {
  findLines,
  findRecovery,
  recover,
  replaceKeys,
  replacePassword,
  replaceRecovery,
  replaceSealedKeys,
} from "./credentials.ts";
import { deposit, findDeposits } from "./deposit.ts";
import { arrivals, deleteEntries, entries, list, markRead, saveSummaries } from "./entries.ts";
import { cancel, deliverDue, nextDelivery } from "./held.ts";
import { addInvite, createInvitedAccount, findInvite, invites, revokeInvites } from "./invites.ts";
import { removals, retain } from "./retention.ts";
import { returned, settle } from "./returned.ts";
import { findSend, send, submit } from "./send.ts";
import { MemoryState } from "./state.ts";
import type { Returned } from "../returned_store.ts";
import type { NewMessage, SendTerms, Submitted } from "../send_store.ts";
import type { Store, StoreLoad } from "../store.ts";
import type { ArrivalsQuery } from "../watch_store.ts";

export class MemoryStore implements Store {
  readonly #state: MemoryState;

  constructor(domain: string) {
    this.#state = new MemoryState(domain);
  }

  async identity(): Promise<{ secret: Uint8Array; domain: string }> {
    return { secret: this.#state.secret.slice(), domain: this.#state.domain };
  }

  async createAccount(account: NewAccount): Promise<Account> {
    return createAccount(this.#state, account);
  }

  async findAccount(name: string): Promise<Account | null> {
    return findAccount(this.#state, name);
  }

  async wasAccount(name: string): Promise<boolean> {
    return wasAccount(this.#state, name);
  }

  async findKeys(names: readonly string[]): Promise<(StoredKeys | null)[]> {
    return findKeys(this.#state, names);
  }

  async keyring(accountId: number): Promise<{ version: number; sealed: Uint8Array | null }> {
    return keyring(this.#state, accountId);
  }

  async replaceKeyring(
    accountId: number,
    expectedVersion: number,
    sealed: Uint8Array,
  ): Promise<boolean> {
    return replaceKeyring(this.#state, accountId, expectedVersion, sealed);
  }

  async closeAccount(accountId: number, closedAt: number): Promise<void> {
    return closeAccount(this.#state, accountId, closedAt);
  }

  async disableAccount(name: string, at: number | null): Promise<Account | null> {
    return disableAccount(this.#state, name, at);
  }

  async setQuota(name: string, quota: QuotaChange): Promise<boolean> {
    return setQuota(this.#state, name, quota);
  }

  async describeAccount(name: string): Promise<AccountDetails | null> {
    return describeAccount(this.#state, name);
  }

  async describeAccounts(
    page: Parameters<AdministrationStore["describeAccounts"]>[0],
  ): Promise<AccountDetails[]> {
    return describeAccounts(this.#state, page);
  }

  async totals(now: number): Promise<Totals> {
    return totals(this.#state, now);
  }

  async addInvite(invite: NewInvite, now: number): Promise<void> {
    return addInvite(this.#state, invite, now);
  }

  async invites(page: Parameters<InviteStore["invites"]>[0]): Promise<KeptInvite[]> {
    return invites(this.#state, page);
  }

  async revokeInvites(ids: readonly Uint8Array[]): Promise<void> {
    return revokeInvites(this.#state, ids);
  }

  async findInvite(use: InviteUse): Promise<{ readonly provisioning: boolean } | null> {
    return findInvite(this.#state, use);
  }

  async createInvitedAccount(account: NewAccount, use: InviteUse): Promise<Account> {
    return createInvitedAccount(this.#state, account, use);
  }

  async replacePassword(change: AccountChange & StoredPassword): Promise<boolean> {
    return replacePassword(this.#state, change);
  }

  async replaceRecovery(
    change: AccountChange & { recovery: StoredRecovery | null },
  ): Promise<boolean> {
    return replaceRecovery(this.#state, change);
  }

  async findRecovery(name: string): Promise<{ account: Account; recovery: StoredRecovery } | null> {
    return findRecovery(this.#state, name);
  }

  async recover(change: RecoveryChange): Promise<boolean> {
    return recover(this.#state, change);
  }

  async replaceKeys(change: KeysChange): Promise<{ readonly recoveryEnded: boolean } | null> {
    return replaceKeys(this.#state, change);
  }

  async replaceSealedKeys(
    change: AccountChange & { readonly sealedKeys: Uint8Array },
  ): Promise<{ readonly recoveryEnded: boolean } | null> {
    return replaceSealedKeys(this.#state, change);
  }

  async findLines(names: readonly string[]): Promise<(StoredLine | null)[]> {
    return findLines(this.#state, names);
  }

  async addAppPassword(change: AccountChange & NewAppPassword): Promise<boolean> {
    return addAppPassword(this.#state, change);
  }

  async appPasswords(accountId: number): Promise<AppPassword[]> {
    return appPasswords(this.#state, accountId);
  }

  async removeAppPassword(accountId: number, label: string): Promise<boolean> {
    return removeAppPassword(this.#state, accountId, label);
  }

  async noteAppPasswordUse(accountId: number, label: string, usedAt: number): Promise<void> {
    return noteAppPasswordUse(this.#state, accountId, label, usedAt);
  }

  async beginUpload(accountId: number): Promise<number> {
    return beginUpload(this.#state, accountId);
  }

  async appendUpload(upload: number, chunk: Uint8Array): Promise<void> {
    return appendUpload(this.#state, upload, chunk);
  }

  async discardUpload(upload: number): Promise<void> {
    return discardUpload(this.#state, upload);
  }

  body(accountId: number, id: number): AsyncGenerator<Uint8Array> {
    return body(this.#state, accountId, id);
  }

  async send(message: NewMessage): Promise<{ id: number; repeated: boolean }> {
    return send(this.#state, message);
  }

  async submit(message: NewMessage, terms: SendTerms): Promise<Submitted> {
    return submit(this.#state, message, terms);
  }

  async findSend(accountId: number, idempotencyKey: Uint8Array): Promise<number | null> {
    return findSend(this.#state, accountId, idempotencyKey);
  }

  async receive(arrival: NewArrival): Promise<void> {
    return receive(this.#state, arrival);
  }

  async deposit(message: NewDeposit): Promise<{ id: number; repeated: boolean }> {
    return deposit(this.#state, message);
  }

  async findDeposits(accountId: number, keys: readonly Uint8Array[]): Promise<(number | null)[]> {
    return findDeposits(this.#state, accountId, keys);
  }

  async cancel(accountId: number, ids: readonly number[], cancelledAt: number): Promise<void> {
    return cancel(this.#state, accountId, ids, cancelledAt);
  }

  async deliverDue(now: number, quota?: Quota): Promise<boolean> {
    return deliverDue(this.#state, now, quota);
  }

  async nextDelivery(): Promise<number | null> {
    return nextDelivery(this.#state);
  }

  async returned(accountId: number, ids: readonly number[]): Promise<readonly Returned[]> {
    return returned(this.#state, accountId, ids);
  }

  async settle(accountId: number | null, now: number): Promise<boolean> {
    return settle(this.#state, accountId, now);
  }

  async retain(retention: Retention, now: number, _after: number): Promise<number | null> {
    return retain(this.#state, retention, now);
  }

  async removals(accountId: number, ids: readonly number[]): Promise<readonly Removal[]> {
    return removals(this.#state, accountId, ids);
  }

  async list(query: ListQuery): Promise<ListPage> {
    return list(this.#state, query);
  }

  async entries(accountId: number, ids: readonly number[]): Promise<(Entry | null)[]> {
    return entries(this.#state, accountId, ids);
  }

  async saveSummaries(
    accountId: number,
    summaries: readonly { readonly id: number; readonly summary: Uint8Array }[],
  ): Promise<void> {
    return saveSummaries(this.#state, accountId, summaries);
  }

  async markRead(
    accountId: number,
    ids: readonly number[],
    readAt: number,
    receipts?: ReadonlyMap<number, Uint8Array>,
  ): Promise<void> {
    return markRead(this.#state, accountId, ids, readAt, receipts);
  }

  async deleteEntries(accountId: number, ids: readonly number[]): Promise<void> {
    return deleteEntries(this.#state, accountId, ids);
  }

  async arrivals(query: ArrivalsQuery): Promise<Entry[]> {
    return arrivals(this.#state, query);
  }

  watch(accountId: number, listener: () => void): () => void {
    return this.#state.watchers.add(accountId, listener);
  }

  load(): StoreLoad {
    return new CommitTimes().load(0); // nothing here takes any time
  }

  async close(): Promise<void> {
    this.#state.closed = true;
  }
}
