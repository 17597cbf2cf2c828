/**
 * The store in one SQLite file: reads on this thread's connection, writes through the queue of the Worker.
 * An awaited write is committed, so every later read sees it.
 */
import { setImmediate } from "node:timers/promises";
import type { Removal, Retention } from "../model/retention.ts";
import { storeClosed } from "./failures.ts";
import { findAccount, findKeys, keyring, wasAccount } from "./sqlite_accounts.ts";
import { describeAccount, describeAccounts, totals } from "./sqlite_administration.ts";
import { appPasswords } from "./sqlite_app_passwords.ts";
import { bodyChunk, bodyHead, isLittered } from "./sqlite_bodies.ts";
import { Connection, wrapError } from "./sqlite_connection.ts";
import { findRecovery } from "./sqlite_credentials.ts";
import { arrivals, entries, list } from "./sqlite_entries.ts";
import { claimFolder, type DataFolder } from "./sqlite_files.ts";
import { nextDelivery } from "./sqlite_held.ts";
import { findInvite, invites } from "./sqlite_invites.ts";
import { WriterQueue } from "./sqlite_queue.ts";
import { identify, migrate } from "./sqlite_schema.ts";
import { expired, returned } from "./sqlite_returned.ts";
import { findToRetain, removals } from "./sqlite_retention.ts";
import { findLines } from "./sqlite_successions.ts";
import { findDeposits } from "./sqlite_deposit.ts";
import { findSend } from "./sqlite_send.ts";
import type { JobArgument, JobName, JobResult } from "./sqlite_jobs.ts";
import { Watchers } from "./watchers.ts";
import type { Account, NewAccount, StoredKeys } from "./account_store.ts";
import type { AccountDetails, Quota, QuotaChange, Totals } from "./administration_store.ts";
import type { AppPassword, NewAppPassword } from "./app_password_store.ts";
import type { NewArrival } from "./arrival_store.ts";
import type {
  AccountChange,
  KeysChange,
  RecoveryChange,
  StoredLine,
  StoredPassword,
  StoredRecovery,
} from "./credential_store.ts";
import type { NewDeposit } from "./deposit_store.ts";
import type { InviteUse, KeptInvite, NewInvite } from "./invite_store.ts";
import type { Entry, ListPage, ListQuery } from "./mailbox_store.ts";
import type { Returned } from "./returned_store.ts";
import type { NewMessage, SendTerms, Submitted } from "./send_store.ts";
import type { Store, StoreLoad } from "./store.ts";
import type { ArrivalsQuery } from "./watch_store.ts";

type Identity = Awaited<ReturnType<Store["identity"]>>;
type AccountPage = Parameters<Store["describeAccounts"]>[0];
type Summary = Parameters<Store["saveSummaries"]>[1][number];

export interface SqliteOptions {
  /** The domain that the accounts must have; null: the one recorded. */
  readonly domain: string | null;
  /** Recorded on first use where no domain is demanded; `localhost` unless given. */
  readonly firstDomain?: string | undefined;
  /** Pages the database may grow to; absent: as far as the disk goes. */
  readonly maxPages?: number | null;
}

/**
 * Opens the store in a folder, making it on first use.
 * @throws {MailError} `configuration` for another domain, a newer schema, a folder that others may read or that
 * another server uses.
 */
export async function openSqlite(folder: string, options: SqliteOptions): Promise<Store> {
  const store = new SqliteStore(openParts(folder, options));
  try {
    await store.discardLeftovers();
    await store.emptyLog(); // what a run that was killed erased may stand in it
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function openParts(path: string, options: SqliteOptions): Parts {
  const folder = claimFolder(path);
  const watchers = new Watchers();
  try {
    const { reader, identity } = openReader(folder.databasePath, options);
    const writer = new WriterQueue({
      path: folder.databasePath,
      maxPages: options.maxPages ?? null,
    }, (accountIds) => watchers.tell(accountIds));
    return { folder, reader, writer, watchers, identity };
  } catch (error) {
    folder.release();
    throw wrapError(error);
  }
}

function openReader(path: string, { domain, firstDomain = "localhost" }: SqliteOptions) {
  const reader = new Connection(path);
  try {
    migrate(reader, path);
    const identity = identify(reader, domain, firstDomain);
    reader.execute("PRAGMA query_only = ON");
    return { reader, identity };
  } catch (error) {
    reader.close();
    throw error;
  }
}

interface Parts {
  readonly folder: DataFolder;
  readonly reader: Connection;
  readonly writer: WriterQueue;
  readonly watchers: Watchers;
  readonly identity: Identity;
}

class SqliteStore implements Store {
  readonly #parts: Parts;
  #sweeping: Promise<void> = Promise.resolve();
  /** Something that was erased still stands in the log. */
  #isLogDirty = false;
  #closing: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  identity(): Promise<Identity> {
    const { secret, domain } = this.#parts.identity;
    return Promise.resolve({ secret: secret.slice(), domain });
  }

  createAccount(account: NewAccount): Promise<Account> {
    return this.#write("createAccount", account);
  }

  findAccount(name: string): Promise<Account | null> {
    return this.#read((reader) => findAccount(reader, name));
  }

  wasAccount(name: string): Promise<boolean> {
    return this.#read((reader) => wasAccount(reader, name));
  }

  disableAccount(name: string, at: number | null): Promise<Account | null> {
    return this.#write("disableAccount", { name, at });
  }

  setQuota(name: string, quota: QuotaChange): Promise<boolean> {
    return this.#write("setQuota", { name, ...quota });
  }

  describeAccount(name: string): Promise<AccountDetails | null> {
    return this.#read((reader) => describeAccount(reader, name));
  }

  describeAccounts(page: AccountPage): Promise<AccountDetails[]> {
    return this.#read((reader) => describeAccounts(reader, page));
  }

  totals(now: number): Promise<Totals> {
    return this.#read((reader) => totals(reader, now));
  }

  addInvite(invite: NewInvite, now: number): Promise<void> {
    return this.#write("addInvite", { invite, now });
  }

  invites(page: Parameters<Store["invites"]>[0]): Promise<KeptInvite[]> {
    return this.#read((reader) => invites(reader, page));
  }

  revokeInvites(ids: readonly Uint8Array[]): Promise<void> {
    return this.#write("revokeInvites", ids);
  }

  findInvite(use: InviteUse): Promise<{ readonly provisioning: boolean } | null> {
    return this.#read((reader) => findInvite(reader, use));
  }

  createInvitedAccount(account: NewAccount, use: InviteUse): Promise<Account> {
    return this.#write("createInvitedAccount", { account, use });
  }

  findKeys(names: readonly string[]): Promise<(StoredKeys | null)[]> {
    return this.#read((reader) => findKeys(reader, names));
  }

  replacePassword(change: AccountChange & StoredPassword): Promise<boolean> {
    return this.#write("replacePassword", change);
  }

  replaceRecovery(change: AccountChange & { recovery: StoredRecovery | null }): Promise<boolean> {
    return this.#write("replaceRecovery", change);
  }

  findRecovery(name: string): Promise<{ account: Account; recovery: StoredRecovery } | null> {
    return this.#read((reader) => findRecovery(reader, name));
  }

  recover(change: RecoveryChange): Promise<boolean> {
    return this.#write("recover", change);
  }

  replaceKeys(change: KeysChange): Promise<{ readonly recoveryEnded: boolean } | null> {
    return this.#write("replaceKeys", change);
  }

  replaceSealedKeys(
    change: AccountChange & { readonly sealedKeys: Uint8Array },
  ): Promise<{ readonly recoveryEnded: boolean } | null> {
    return this.#write("replaceSealedKeys", change);
  }

  findLines(names: readonly string[]): Promise<(StoredLine | null)[]> {
    return this.#read((reader) => findLines(reader, names));
  }

  addAppPassword(change: AccountChange & NewAppPassword): Promise<boolean> {
    return this.#write("addAppPassword", change);
  }

  appPasswords(accountId: number): Promise<AppPassword[]> {
    return this.#read((reader) => appPasswords(reader, accountId));
  }

  removeAppPassword(accountId: number, label: string): Promise<boolean> {
    return this.#write("removeAppPassword", { accountId, label });
  }

  noteAppPasswordUse(accountId: number, label: string, usedAt: number): Promise<void> {
    return this.#write("noteAppPasswordUse", { accountId, label, usedAt });
  }

  keyring(accountId: number): Promise<{ version: number; sealed: Uint8Array | null }> {
    return this.#read((reader) => keyring(reader, accountId));
  }

  replaceKeyring(accountId: number, expectedVersion: number, sealed: Uint8Array): Promise<boolean> {
    return this.#write("replaceKeyring", { accountId, expectedVersion, sealed });
  }

  beginUpload(accountId: number): Promise<number> {
    return this.#write("beginUpload", accountId);
  }

  appendUpload(upload: number, chunk: Uint8Array): Promise<void> {
    return this.#write("appendUpload", { upload, chunk });
  }

  async discardUpload(upload: number): Promise<void> {
    if (await this.#write("discardUpload", upload)) this.#sweep();
  }

  /** Drops the uploads of an earlier run. */
  async discardLeftovers(): Promise<void> {
    await this.#write("discardLeftovers", undefined);
    this.#sweep();
  }

  send(message: NewMessage): Promise<{ id: number; repeated: boolean }> {
    return this.#write("send", message);
  }

  findSend(accountId: number, idempotencyKey: Uint8Array): Promise<number | null> {
    return this.#read((reader) => findSend(reader, accountId, idempotencyKey));
  }

  submit(message: NewMessage, terms: SendTerms): Promise<Submitted> {
    return this.#write("submit", { message, terms });
  }

  receive(arrival: NewArrival): Promise<void> {
    return this.#write("receive", arrival);
  }

  deposit(message: NewDeposit): Promise<{ id: number; repeated: boolean }> {
    return this.#write("deposit", message);
  }

  findDeposits(accountId: number, keys: readonly Uint8Array[]): Promise<(number | null)[]> {
    return this.#read((reader) => findDeposits(reader, accountId, keys));
  }

  returned(accountId: number, ids: readonly number[]): Promise<readonly Returned[]> {
    return this.#read((reader) => returned(reader, accountId, ids));
  }

  closeAccount(accountId: number, closedAt: number): Promise<void> {
    return this.#write("closeAccount", { accountId, closedAt });
  }

  async settle(accountId: number | null, now: number): Promise<boolean> {
    if (accountId !== null && !await this.#read((reader) => expired(reader, accountId, now))) {
      return false; // no write for every list
    }
    const { more, sweepable, emptied } = await this.#write("settle", { accountId, now });
    if (sweepable) this.#sweep();
    if (accountId === null && this.#isLogDirty) await this.emptyLog();
    return emptied === null ? more : await this.#finishErasing(emptied, now);
  }

  /**
   * Leaves nothing of an account in the log. Where somebody reads that, as a backup does, or there is no room to sweep
   * its bodies, it is tried again later.
   */
  async #finishErasing(accountId: number, erasedAt: number): Promise<boolean> {
    if (!await this.emptyLog()) return false;
    await this.#write("markErased", { accountId, erasedAt });
    return true;
  }

  /** Sweeps what is erased, and leaves nothing of it in the log; false where that is to be tried again later. */
  async emptyLog(): Promise<boolean> {
    this.#isLogDirty = true;
    this.#sweep();
    await this.#sweeping;
    if (await this.#read(isLittered)) return false;
    this.#isLogDirty = false; // what is erased from now on comes behind it
    const emptied = this.#write("truncateLog", undefined);
    const isEmpty = await emptied.catch(() => false);
    this.#isLogDirty ||= !isEmpty;
    return isEmpty;
  }

  cancel(accountId: number, ids: readonly number[], cancelledAt: number): Promise<void> {
    return this.#write("cancel", { accountId, ids, cancelledAt });
  }

  async deliverDue(now: number, quota?: Quota): Promise<boolean> {
    const due = await this.nextDelivery();
    if (due === null || due > now) return false; // no write for every list
    const { more, sweepable } = await this.#write("release", { now, quota });
    if (sweepable) await this.#leaveNothing();
    return more;
  }

  nextDelivery(): Promise<number | null> {
    return this.#read(nextDelivery);
  }

  async retain(retention: Retention, now: number, after: number): Promise<number | null> {
    await setImmediate(); // a round is many looks: others come in between
    const { found, next } = await this.#read((reader) =>
      findToRetain(reader, { retention, now }, after)
    );
    if (found === null) return next;
    const { more, sweepable } = await this.#write("retain", { accountId: found, retention, now });
    if (sweepable) this.#sweep();
    return more ? found - 1 : found;
  }

  removals(accountId: number, ids: readonly number[]): Promise<readonly Removal[]> {
    return this.#read((reader) => removals(reader, accountId, ids));
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#read((reader) => list(reader, query));
  }

  arrivals(query: ArrivalsQuery): Promise<Entry[]> {
    return this.#read((reader) => arrivals(reader, query));
  }

  watch(accountId: number, listener: () => void): () => void {
    return this.#parts.watchers.add(accountId, listener);
  }

  entries(accountId: number, ids: readonly number[]): Promise<(Entry | null)[]> {
    return this.#read((reader) => entries(reader, accountId, ids));
  }

  saveSummaries(accountId: number, summaries: readonly Summary[]): Promise<void> {
    return this.#write("saveSummaries", { accountId, summaries });
  }

  async *body(accountId: number, id: number): AsyncGenerator<Uint8Array> {
    const { header, chunks } = await this.#read((reader) => bodyHead(reader, accountId, id));
    if (header.length === 0) return; // returned without the original
    yield header;
    for (let position = 0; position < chunks; position++) {
      await setImmediate(); // reading holds the thread: others come in between
      yield await this.#read((reader) => bodyChunk(reader, accountId, id, position));
    }
  }

  async markRead(
    accountId: number,
    ids: readonly number[],
    readAt: number,
    receipts: ReadonlyMap<number, Uint8Array> = new Map(),
  ): Promise<void> {
    const given = [...receipts].map(([id, receipt]) => ({ id, receipt })); // as it crosses to the Worker
    const { burnt } = await this.#write("markRead", { accountId, ids, readAt, receipts: given });
    if (burnt) await this.#leaveNothing();
  }

  /** Where it could not be done just now, as while a backup reads the log, it is left to `settle`: not a try for each. */
  async #leaveNothing(): Promise<void> {
    if (!this.#isLogDirty) await this.emptyLog().catch(() => {});
  }

  async deleteEntries(accountId: number, ids: readonly number[]): Promise<void> {
    if (await this.#write("deleteEntries", { accountId, ids })) this.#sweep();
  }

  load(): StoreLoad {
    return this.#parts.writer.load();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#parts.writer.close();
    await this.#sweeping;
    this.#parts.reader.close();
    this.#parts.folder.release();
  }

  #write<N extends JobName>(name: N, argument: JobArgument<N>): Promise<JobResult<N>> {
    return this.#parts.writer.run(name, argument);
  }

  #read<T>(work: (reader: Connection) => T): Promise<T> {
    return Promise.try(() => {
      if (this.#closing !== null) throw storeClosed();
      const { reader } = this.#parts;
      try {
        return reader.transaction("DEFERRED", () => work(reader));
      } catch (error) {
        throw wrapError(error);
      }
    });
  }

  #sweep(): void {
    this.#sweeping = this.#sweeping.then(() => this.#sweepAll());
  }

  /** Nobody waits for it, and what it leaves, the next sweep or the next start finds. */
  async #sweepAll(): Promise<void> {
    try {
      while (await this.#write("sweep", undefined));
    } catch {
      // closing, or no room even to delete
    }
  }
}
