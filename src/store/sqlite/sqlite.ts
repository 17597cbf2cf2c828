/**
 * The store in one SQLite file: reads on this thread's connection, writes through the queue of the Worker.
 * An awaited write is committed, so every later read sees it.
 */
import { setImmediate } from "node:timers/promises";
import type { Removal, Retention } from "../../model/retention.ts";
import type { Account, NewAccount, StoredKeys } from "../account_store.ts";
import type { AccountDetails, Quota, QuotaChange, Totals } from "../administration_store.ts";
import type { AppPassword, NewAppPassword } from "../app_password_store.ts";
import type { NewArrival } from "../arrival_store.ts";
import type {
  AccountChange,
  KeysChange,
  RecoveryChange,
  StoredLine,
  StoredPassword,
  StoredRecovery,
} from "../credential_store.ts";
import type { NewDeposit } from "../deposit_store.ts";
import type { InviteUse, KeptInvite, NewInvite } from "../invite_store.ts";
import type { Entry, ListPage, ListQuery } from "../mailbox_store.ts";
import type { Returned } from "../returned_store.ts";
import type { NewMessage, SendTerms, Submitted } from "../send_store.ts";
import { findAccount, findKeys, keyring, wasAccount } from "./accounts.ts";
import { describeAccount, describeAccounts, totals } from "./administration.ts";
import { appPasswords } from "./app_passwords.ts";
import { bodyChunk, bodyHead } from "./bodies.ts";
import { findRecovery } from "./credentials.ts";
import { Database, type Identity, type SqliteOptions } from "./database.ts";
import { findDeposits } from "./deposit.ts";
import { arrivals, entries, list } from "./entries.ts";
import { nextDelivery } from "./held.ts";
import { findInvite, invites } from "./invites.ts";
import { findToRetain, removals } from "./retention.ts";
import { expired, returned } from "./returned.ts";
import { findSend } from "./send.ts";
import { findLines } from "./successions.ts";
import { Sweeper } from "./sweeper.ts";
import type { Store, StoreLoad } from "../store.ts";
import type { ArrivalsQuery } from "../watch_store.ts";

type AccountPage = Parameters<Store["describeAccounts"]>[0];
type Summary = Parameters<Store["saveSummaries"]>[1][number];

/**
 * Opens the store in a folder, making it on first use.
 * @throws {MailError} `configuration` for another domain, a newer schema, a folder that others may read or that
 * another server uses.
 */
export async function openSqlite(folder: string, options: SqliteOptions): Promise<Store> {
  const store = new SqliteStore(new Database(folder, options));
  try {
    await store.tidy();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class SqliteStore implements Store {
  readonly #database: Database;
  readonly #sweeper: Sweeper;
  #closing: Promise<void> | null = null;

  constructor(database: Database) {
    this.#database = database;
    this.#sweeper = new Sweeper(database);
  }

  /** Drops what an earlier run left: its uploads, and what it erased and may stand in the log if it was killed. */
  async tidy(): Promise<void> {
    await this.#database.write("discardLeftovers", undefined);
    await this.#sweeper.emptyLog();
  }

  identity(): Promise<Identity> {
    const { secret, domain } = this.#database.identity;
    return Promise.resolve({ secret: secret.slice(), domain });
  }

  createAccount(account: NewAccount): Promise<Account> {
    return this.#database.write("createAccount", account);
  }

  findAccount(name: string): Promise<Account | null> {
    return this.#database.read((reader) => findAccount(reader, name));
  }

  wasAccount(name: string): Promise<boolean> {
    return this.#database.read((reader) => wasAccount(reader, name));
  }

  disableAccount(name: string, at: number | null): Promise<Account | null> {
    return this.#database.write("disableAccount", { name, at });
  }

  setQuota(name: string, quota: QuotaChange): Promise<boolean> {
    return this.#database.write("setQuota", { name, ...quota });
  }

  describeAccount(name: string): Promise<AccountDetails | null> {
    return this.#database.read((reader) => describeAccount(reader, name));
  }

  describeAccounts(page: AccountPage): Promise<AccountDetails[]> {
    return this.#database.read((reader) => describeAccounts(reader, page));
  }

  totals(now: number): Promise<Totals> {
    return this.#database.read((reader) => totals(reader, now));
  }

  addInvite(invite: NewInvite, now: number): Promise<void> {
    return this.#database.write("addInvite", { invite, now });
  }

  invites(page: Parameters<Store["invites"]>[0]): Promise<KeptInvite[]> {
    return this.#database.read((reader) => invites(reader, page));
  }

  revokeInvites(ids: readonly Uint8Array[]): Promise<void> {
    return this.#database.write("revokeInvites", ids);
  }

  findInvite(use: InviteUse): Promise<{ readonly provisioning: boolean } | null> {
    return this.#database.read((reader) => findInvite(reader, use));
  }

  createInvitedAccount(account: NewAccount, use: InviteUse): Promise<Account> {
    return this.#database.write("createInvitedAccount", { account, use });
  }

  findKeys(names: readonly string[]): Promise<(StoredKeys | null)[]> {
    return this.#database.read((reader) => findKeys(reader, names));
  }

  replacePassword(change: AccountChange & StoredPassword): Promise<boolean> {
    return this.#database.write("replacePassword", change);
  }

  replaceRecovery(change: AccountChange & { recovery: StoredRecovery | null }): Promise<boolean> {
    return this.#database.write("replaceRecovery", change);
  }

  findRecovery(name: string): Promise<{ account: Account; recovery: StoredRecovery } | null> {
    return this.#database.read((reader) => findRecovery(reader, name));
  }

  recover(change: RecoveryChange): Promise<boolean> {
    return this.#database.write("recover", change);
  }

  replaceKeys(change: KeysChange): Promise<{ readonly recoveryEnded: boolean } | null> {
    return this.#database.write("replaceKeys", change);
  }

  replaceSealedKeys(
    change: AccountChange & { readonly sealedKeys: Uint8Array },
  ): Promise<{ readonly recoveryEnded: boolean } | null> {
    return this.#database.write("replaceSealedKeys", change);
  }

  findLines(names: readonly string[]): Promise<(StoredLine | null)[]> {
    return this.#database.read((reader) => findLines(reader, names));
  }

  addAppPassword(change: AccountChange & NewAppPassword): Promise<boolean> {
    return this.#database.write("addAppPassword", change);
  }

  appPasswords(accountId: number): Promise<AppPassword[]> {
    return this.#database.read((reader) => appPasswords(reader, accountId));
  }

  removeAppPassword(accountId: number, label: string): Promise<boolean> {
    return this.#database.write("removeAppPassword", { accountId, label });
  }

  noteAppPasswordUse(accountId: number, label: string, usedAt: number): Promise<void> {
    return this.#database.write("noteAppPasswordUse", { accountId, label, usedAt });
  }

  keyring(accountId: number): Promise<{ version: number; sealed: Uint8Array | null }> {
    return this.#database.read((reader) => keyring(reader, accountId));
  }

  replaceKeyring(accountId: number, expectedVersion: number, sealed: Uint8Array): Promise<boolean> {
    return this.#database.write("replaceKeyring", { accountId, expectedVersion, sealed });
  }

  beginUpload(accountId: number): Promise<number> {
    return this.#database.write("beginUpload", accountId);
  }

  appendUpload(upload: number, chunk: Uint8Array): Promise<void> {
    return this.#database.write("appendUpload", { upload, chunk });
  }

  async discardUpload(upload: number): Promise<void> {
    if (await this.#database.write("discardUpload", upload)) this.#sweeper.sweep();
  }

  send(message: NewMessage): Promise<{ id: number; repeated: boolean }> {
    return this.#database.write("send", message);
  }

  findSend(accountId: number, idempotencyKey: Uint8Array): Promise<number | null> {
    return this.#database.read((reader) => findSend(reader, accountId, idempotencyKey));
  }

  submit(message: NewMessage, terms: SendTerms): Promise<Submitted> {
    return this.#database.write("submit", { message, terms });
  }

  receive(arrival: NewArrival): Promise<void> {
    return this.#database.write("receive", arrival);
  }

  deposit(message: NewDeposit): Promise<{ id: number; repeated: boolean }> {
    return this.#database.write("deposit", message);
  }

  findDeposits(accountId: number, keys: readonly Uint8Array[]): Promise<(number | null)[]> {
    return this.#database.read((reader) => findDeposits(reader, accountId, keys));
  }

  returned(accountId: number, ids: readonly number[]): Promise<readonly Returned[]> {
    return this.#database.read((reader) => returned(reader, accountId, ids));
  }

  closeAccount(accountId: number, closedAt: number): Promise<void> {
    return this.#database.write("closeAccount", { accountId, closedAt });
  }

  async settle(accountId: number | null, now: number): Promise<boolean> {
    if (
      accountId !== null && !await this.#database.read((reader) => expired(reader, accountId, now))
    ) {
      return false; // no write for every list
    }
    const { more, sweepable, emptied } = await this.#database.write("settle", { accountId, now });
    if (sweepable) this.#sweeper.sweep();
    if (accountId === null) await this.#sweeper.finishLog();
    return emptied === null ? more : await this.#sweeper.finishErasing(emptied, now);
  }

  cancel(accountId: number, ids: readonly number[], cancelledAt: number): Promise<void> {
    return this.#database.write("cancel", { accountId, ids, cancelledAt });
  }

  async deliverDue(now: number, quota?: Quota): Promise<boolean> {
    const due = await this.nextDelivery();
    if (due === null || due > now) return false; // no write for every list
    const { more, sweepable } = await this.#database.write("release", { now, quota });
    if (sweepable) await this.#sweeper.leaveNothing();
    return more;
  }

  nextDelivery(): Promise<number | null> {
    return this.#database.read(nextDelivery);
  }

  async retain(retention: Retention, now: number, after: number): Promise<number | null> {
    await setImmediate(); // a round is many looks: others come in between
    const { found, next } = await this.#database.read((reader) =>
      findToRetain(reader, { retention, now }, after)
    );
    if (found === null) return next;
    const { more, sweepable } = await this.#database.write("retain", {
      accountId: found,
      retention,
      now,
    });
    if (sweepable) this.#sweeper.sweep();
    return more ? found - 1 : found;
  }

  removals(accountId: number, ids: readonly number[]): Promise<readonly Removal[]> {
    return this.#database.read((reader) => removals(reader, accountId, ids));
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#database.read((reader) => list(reader, query));
  }

  arrivals(query: ArrivalsQuery): Promise<Entry[]> {
    return this.#database.read((reader) => arrivals(reader, query));
  }

  watch(accountId: number, listener: () => void): () => void {
    return this.#database.watchers.add(accountId, listener);
  }

  entries(accountId: number, ids: readonly number[]): Promise<(Entry | null)[]> {
    return this.#database.read((reader) => entries(reader, accountId, ids));
  }

  saveSummaries(accountId: number, summaries: readonly Summary[]): Promise<void> {
    return this.#database.write("saveSummaries", { accountId, summaries });
  }

  async *body(accountId: number, id: number): AsyncGenerator<Uint8Array> {
    const { header, chunks } = await this.#database.read((reader) =>
      bodyHead(reader, accountId, id)
    );
    if (header.length === 0) return; // returned without the original
    yield header;
    for (let position = 0; position < chunks; position++) {
      await setImmediate(); // reading holds the thread: others come in between
      yield await this.#database.read((reader) => bodyChunk(reader, accountId, id, position));
    }
  }

  async markRead(
    accountId: number,
    ids: readonly number[],
    readAt: number,
    receipts: ReadonlyMap<number, Uint8Array> = new Map(),
  ): Promise<void> {
    const given = [...receipts].map(([id, receipt]) => ({ id, receipt })); // as it crosses to the Worker
    const { burnt } = await this.#database.write("markRead", {
      accountId,
      ids,
      readAt,
      receipts: given,
    });
    if (burnt) await this.#sweeper.leaveNothing();
  }

  async deleteEntries(accountId: number, ids: readonly number[]): Promise<void> {
    if (await this.#database.write("deleteEntries", { accountId, ids })) this.#sweeper.sweep();
  }

  load(): StoreLoad {
    return this.#database.load();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#database.stop();
    await this.#sweeper.idle();
    this.#database.release();
  }
}
