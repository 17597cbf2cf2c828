// deno-lint-ignore-file require-await -- every method is async, so that what it throws is a rejection
/** The store in plain maps: for tests, and to be read as the meaning of every promise of `Store`. */
import { equalBytes } from "../model/bytes.ts";
import { limits } from "../model/limits.ts";
import type { Removal, Retention } from "../model/retention.ts";
import { CommitTimes } from "./commit_times.ts";
import { compareNames } from "../model/pattern.ts";
import {
  accountClosed,
  alreadySent,
  badChunk,
  conflict,
  keyChanged,
  labelTaken,
  nameTaken,
  noRoomToImport,
  noSuchAccount,
  noSuchInvite,
  noSuchMessage,
  noSuchRecipient,
  noSuchUpload,
  notInvited,
  notYourMessage,
  overQuota,
  ownOverQuota,
  stillHeld,
  storeClosed,
  tooManyAppPasswords,
  tooManyHeld,
} from "./failures.ts";
import {
  addEntry,
  arrivalOf,
  detailsOf,
  isFull,
  type Mailbox,
  matches,
  type Message,
  messageKey,
  pieces,
  readersLeave,
  remove,
  returnToSender,
  sizeOf,
  takeOut,
  whole,
} from "./memory_mailbox.ts";
import { retain } from "./memory_retention.ts";
import { Watchers } from "./watchers.ts";
import { systemAccountId } from "./arrival_store.ts";
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
import type { NewMessage, SendTerms, StoredCopy, Submitted } from "./send_store.ts";
import type { Store, StoreLoad } from "./store.ts";
import type { ArrivalsQuery } from "./watch_store.ts";

type PasswordChange = AccountChange & StoredPassword;
type RecoveryWish = AccountChange & { recovery: StoredRecovery | null };

interface Upload {
  readonly accountId: number;
  readonly chunks: Uint8Array[];
}

export class MemoryStore implements Store {
  readonly #domain: string;
  readonly #secret = crypto.getRandomValues(new Uint8Array(32));
  readonly #mailboxes: Mailbox[] = [];
  readonly #messages = new Map<string, Message>();
  readonly #uploads = new Map<number, Upload>();
  readonly #watchers = new Watchers();
  /** By the hash of the token, in hexadecimal digits. */
  readonly #invites = new Map<string, KeptInvite>();
  #nextUpload = 1;
  #closed = false;

  constructor(domain: string) {
    this.#domain = domain;
  }

  async identity(): Promise<{ secret: Uint8Array; domain: string }> {
    return { secret: this.#secret.slice(), domain: this.#domain };
  }

  async createAccount(account: NewAccount): Promise<Account> {
    this.#refuseClosed();
    const taken = this.#mailboxes.some(({ account: { name, skeleton } }) =>
      name === account.name || skeleton === account.skeleton
    );
    if (taken) throw nameTaken(account.name);
    const id = this.#mailboxes.length + 1;
    const kept = { ...structuredClone(account), id, disabledAt: null };
    const keyring = { version: 0, sealed: null };
    this.#mailboxes.push({
      account: kept,
      recovery: null,
      appPasswords: [],
      steps: [],
      keyring,
      quota: { maxBytes: null, maxMessages: null },
      nextEntry: 1,
      entries: new Map(),
      closedAt: null,
      removals: [],
    });
    return structuredClone(kept);
  }

  async disableAccount(name: string, at: number | null): Promise<Account | null> {
    const mailbox = this.#named(name);
    if (mailbox === undefined) return null;
    const disabledAt = at === null ? null : mailbox.account.disabledAt ?? at;
    mailbox.account = { ...mailbox.account, disabledAt };
    return structuredClone(mailbox.account);
  }

  async setQuota(name: string, { maxBytes, maxMessages }: QuotaChange): Promise<boolean> {
    const mailbox = this.#named(name);
    if (mailbox === undefined) return false;
    if (maxBytes !== undefined) mailbox.quota.maxBytes = maxBytes;
    if (maxMessages !== undefined) mailbox.quota.maxMessages = maxMessages;
    return true;
  }

  async describeAccount(name: string): Promise<AccountDetails | null> {
    const mailbox = this.#named(name);
    return mailbox === undefined ? null : detailsOf(mailbox);
  }

  async describeAccounts(
    { prefix, after, limit }: Parameters<Store["describeAccounts"]>[0],
  ): Promise<AccountDetails[]> {
    this.#refuseClosed();
    const all = this.#open().map(detailsOf)
      .sort((a, b) => compareNames(a.name, b.name))
      .filter(({ name }) => name.startsWith(prefix));
    const from = all.findIndex(({ name }) => after === null || compareNames(name, after) > 0);
    return from < 0 ? [] : all.slice(from, from + limit);
  }

  async totals(now: number): Promise<Totals> {
    this.#refuseClosed();
    const all = this.#open().map(detailsOf);
    const sum = (of: "messages" | "unread" | "bytes") => all.reduce((n, each) => n + each[of], 0);
    return {
      accounts: all.length,
      disabled: all.filter(({ disabledAt }) => disabledAt !== null).length,
      messages: sum("messages"),
      unread: sum("unread"),
      bytes: sum("bytes"),
      invites: [...this.#invites.values()].filter(({ expiresAt }) => expiresAt > now).length,
    };
  }

  async addInvite(invite: NewInvite, now: number): Promise<void> {
    this.#refuseClosed();
    for (const [key, { expiresAt }] of this.#invites) {
      if (expiresAt <= now) this.#invites.delete(key);
    }
    const kept = { ...structuredClone(invite), createdAt: now };
    this.#invites.set(invite.tokenHash.toHex(), kept);
  }

  async invites({ now, after, limit }: Parameters<Store["invites"]>[0]): Promise<KeptInvite[]> {
    this.#refuseClosed();
    return [...this.#invites].toSorted(([a], [b]) => a < b ? -1 : 1)
      .filter(([key, { expiresAt }]) => key > (after?.toHex() ?? "") && expiresAt > now)
      .slice(0, limit)
      .map(([, invite]) => structuredClone(invite));
  }

  async revokeInvites(ids: readonly Uint8Array[]): Promise<void> {
    this.#refuseClosed();
    const begun = (id: Uint8Array) =>
      [...this.#invites.keys()].filter((key) => key.startsWith(id.toHex()));
    const missing = ids.filter((id) => begun(id).length === 0);
    if (missing.length > 0) throw noSuchInvite(missing);
    for (const key of ids.flatMap(begun)) this.#invites.delete(key);
  }

  async findInvite(use: InviteUse): Promise<{ readonly provisioning: boolean } | null> {
    const invite = this.#usable(use);
    return invite === null ? null : { provisioning: invite.provisioning };
  }

  async createInvitedAccount(account: NewAccount, use: InviteUse): Promise<Account> {
    const invite = this.#usable(use);
    if (invite === null) throw notInvited();
    const key = use.tokenHash.toHex();
    this.#invites.set(key, { ...invite, uses: invite.uses - 1 });
    if (invite.uses === 1) this.#invites.delete(key);
    try {
      const created = this.createAccount(account); // has happened, or failed, before anybody else's turn
      this.#mailboxes.at(-1)!.quota.maxBytes = invite.maxBytes;
      return await created;
    } catch (error) {
      this.#invites.set(key, invite);
      throw error;
    }
  }

  #usable({ tokenHash, now }: InviteUse): KeptInvite | null {
    this.#refuseClosed();
    const invite = this.#invites.get(tokenHash.toHex());
    return invite !== undefined && invite.expiresAt > now ? invite : null;
  }

  async findAccount(name: string): Promise<Account | null> {
    return structuredClone(this.#named(name)?.account ?? null);
  }

  async wasAccount(name: string): Promise<boolean> {
    this.#refuseClosed();
    return this.#mailboxes.some(({ account, closedAt }) =>
      account.name === name && closedAt !== null
    );
  }

  async findKeys(names: readonly string[]): Promise<(StoredKeys | null)[]> {
    return names.map((name) => structuredClone(this.#named(name)?.account.keys ?? null));
  }

  async replacePassword({ accountId, expectedSealedKeys, ...password }: PasswordChange) {
    const mailbox = this.#expected({ accountId, expectedSealedKeys });
    if (mailbox === null) return false;
    mailbox.account = { ...mailbox.account, ...password };
    return true;
  }

  async replaceRecovery({ recovery, ...expected }: RecoveryWish) {
    const mailbox = this.#expected(expected);
    if (mailbox === null) return false;
    mailbox.recovery = recovery;
    return true;
  }

  async findRecovery(name: string) {
    const { account, recovery } = this.#named(name) ?? {};
    return account && recovery ? structuredClone({ account, recovery }) : null;
  }

  async recover({ accountId, recoveryHash, ...password }: RecoveryChange): Promise<boolean> {
    const mailbox = this.#mailbox(accountId);
    if (mailbox.recovery === null || !equalBytes(mailbox.recovery.hash, recoveryHash)) return false;
    mailbox.recovery = null;
    mailbox.appPasswords = [];
    mailbox.account = { ...mailbox.account, ...password };
    return true;
  }

  async replaceKeys({ keys, sealedKeys, succession, ...expected }: KeysChange) {
    const mailbox = this.#expected(expected);
    if (mailbox === null) return null;
    const { signingKey, recipient } = mailbox.account.keys;
    const steps = [...mailbox.steps, { signingKey, recipient, ...succession }];
    mailbox.steps = steps.slice(-limits.maxSuccessions);
    mailbox.account = { ...mailbox.account, keys, sealedKeys };
    const recoveryEnded = mailbox.recovery !== null;
    mailbox.recovery = null;
    return { recoveryEnded };
  }

  async replaceSealedKeys({ sealedKeys, ...expected }: AccountChange & { sealedKeys: Uint8Array }) {
    const mailbox = this.#expected(expected);
    if (mailbox === null) return null;
    mailbox.account = { ...mailbox.account, sealedKeys };
    const recoveryEnded = mailbox.recovery !== null;
    mailbox.recovery = null;
    return { recoveryEnded };
  }

  async findLines(names: readonly string[]): Promise<(StoredLine | null)[]> {
    return names.map((name) => {
      const { account, steps } = this.#named(name) ?? {};
      return account && steps ? structuredClone({ keys: account.keys, steps }) : null;
    });
  }

  async addAppPassword(
    { accountId, expectedSealedKeys, ...added }: AccountChange & NewAppPassword,
  ): Promise<boolean> {
    const mailbox = this.#expected({ accountId, expectedSealedKeys });
    if (mailbox === null) return false;
    const there = mailbox.appPasswords;
    if (there.some(({ label }) => label === added.label)) throw labelTaken(added.label);
    if (there.length >= limits.maxAppPasswords) throw tooManyAppPasswords(limits.maxAppPasswords);
    mailbox.appPasswords = [...there, { ...structuredClone(added), usedAt: null }]
      .sort((a, b) => compareNames(a.label, b.label));
    return true;
  }

  async appPasswords(accountId: number): Promise<AppPassword[]> {
    return structuredClone([...this.#mailbox(accountId).appPasswords]);
  }

  async removeAppPassword(accountId: number, label: string): Promise<boolean> {
    const mailbox = this.#mailbox(accountId);
    const before = mailbox.appPasswords.length;
    mailbox.appPasswords = mailbox.appPasswords.filter((one) => one.label !== label);
    return mailbox.appPasswords.length < before;
  }

  async noteAppPasswordUse(accountId: number, label: string, usedAt: number): Promise<void> {
    const mailbox = this.#mailbox(accountId);
    mailbox.appPasswords = mailbox.appPasswords.map((one) =>
      one.label === label ? { ...one, usedAt } : one
    );
  }

  async keyring(accountId: number): Promise<{ version: number; sealed: Uint8Array | null }> {
    return structuredClone(this.#mailbox(accountId).keyring);
  }

  async replaceKeyring(accountId: number, expectedVersion: number, sealed: Uint8Array) {
    const mailbox = this.#mailbox(accountId);
    if (mailbox.keyring.version !== expectedVersion) return false;
    mailbox.keyring = { version: expectedVersion + 1, sealed };
    return true;
  }

  async beginUpload(accountId: number): Promise<number> {
    const upload = this.#nextUpload++;
    if (accountId !== systemAccountId) this.#mailbox(accountId); // is there
    this.#uploads.set(upload, { accountId, chunks: [] });
    return upload;
  }

  async appendUpload(upload: number, chunk: Uint8Array): Promise<void> {
    this.#refuseClosed();
    if (chunk.length < 1 || chunk.length > limits.chunkBytes) {
      throw badChunk(chunk.length, limits.chunkBytes);
    }
    const open = this.#uploads.get(upload);
    if (open === undefined) throw noSuchUpload(upload);
    open.chunks.push(chunk);
  }

  async discardUpload(upload: number): Promise<void> {
    this.#refuseClosed();
    this.#uploads.delete(upload);
  }

  async send(message: NewMessage): Promise<{ id: number; repeated: boolean }> {
    const terms = { partial: false, unknown: [], expiresAt: null };
    const { id, repeated } = await this.submit(message, terms);
    return { id, repeated };
  }

  async submit(message: NewMessage, terms: SendTerms): Promise<Submitted> {
    const key = messageKey(message.senderId, message.idempotencyKey);
    const earlier = this.#messages.get(key);
    if (earlier !== undefined && !equalBytes(earlier.tag, message.contentTag)) throw conflict();
    const held = earlier ?? this.#submit(message, terms);
    this.#messages.set(key, held);
    const returned = held.returned.filter(({ reason }) => reason === "no_such_account")
      .map(({ recipient, id }) => ({ recipient, id }));
    const heldUntil = held.held?.deliverAt ?? null;
    return { id: held.firstId, repeated: earlier !== undefined, returned, heldUntil };
  }

  #submit(message: NewMessage, terms: SendTerms): Message {
    const { storedAt } = message;
    const sender = this.#mailbox(message.senderId);
    if (sender.closedAt !== null) throw accountClosed();
    const { burn = false, deliverAt = null, expiresAt } = terms;
    const { found, gone } = this.#resolve(message.recipients, terms);
    const now = deliverAt === null ? found : [];
    this.#refuseFull(sender, message, now);
    if (deliverAt !== null) this.#refuseManyHeld(sender, found);
    const held: Message = {
      sender,
      tag: message.contentTag,
      firstId: sender.nextEntry,
      storedAt,
      body: this.#takeBody(message),
      deliveries: found.map(({ mailbox }) => ({ recipient: mailbox.account.name, receipt: null })),
      returned: [],
      held: deliverAt === null ? null : { deliverAt, expiresAt, copies: found },
      cancelledAt: null,
      readersLeft: burn ? found.length : null,
    };
    addEntry(sender, { box: "sent", message: held, copy: message.own, readAt: storedAt });
    for (const { mailbox, copy } of now) {
      addEntry(mailbox, { box: "inbox", message: held, copy, readAt: null, expiresAt });
    }
    for (const recipient of gone) returnToSender(held, recipient, "no_such_account", storedAt);
    const arrived = now.map(({ mailbox }) => mailbox.account.id);
    this.#watchers.tell(gone.length > 0 ? [...arrived, message.senderId] : arrived);
    return held;
  }

  async receive({ storedAt, body, quota, recipients }: NewArrival): Promise<void> {
    this.#refuseClosed();
    const terms = { partial: false, unknown: [], expiresAt: null };
    const { found } = this.#resolve(recipients, terms);
    const bytes = this.#bodyBytes(body);
    const full = found.filter(({ mailbox, copy }) => isFull(mailbox, bytes, [copy], quota));
    if (full.length > 0) throw overQuota(full.map(({ mailbox: { account } }) => account.name));
    const taken = this.#takeBody({ senderId: systemAccountId, body });
    const held = arrivalOf(storedAt, taken);
    for (const { mailbox, copy } of found) {
      addEntry(mailbox, { box: "inbox", message: held, copy, readAt: null });
    }
    this.#watchers.tell(found.map(({ mailbox }) => mailbox.account.id));
  }

  async deposit(message: NewDeposit): Promise<{ id: number; repeated: boolean }> {
    const { accountId, idempotencyKey, box, storedAt, copy, quota } = message;
    const sender = this.#mailbox(accountId);
    if (sender.closedAt !== null) throw accountClosed();
    const there = this.#deposited(sender, idempotencyKey);
    if (there !== null) return { id: there, repeated: true };
    if (isFull(sender, this.#bodyBytes(message.body), [copy], quota)) throw noRoomToImport();
    const held: Message = {
      sender,
      tag: new Uint8Array(0),
      firstId: sender.nextEntry,
      storedAt,
      body: this.#takeBody({ senderId: accountId, body: message.body }),
      deliveries: [],
      returned: [],
      held: null,
      cancelledAt: null,
      readersLeft: null,
    };
    this.#messages.set(messageKey(accountId, idempotencyKey), held);
    const readAt = message.isRead || box === "sent" ? storedAt : null;
    return { id: addEntry(sender, { box, message: held, copy, readAt }), repeated: false };
  }

  async findDeposits(accountId: number, keys: readonly Uint8Array[]): Promise<(number | null)[]> {
    const mailbox = this.#mailbox(accountId);
    return keys.map((key) => this.#deposited(mailbox, key));
  }

  #deposited({ account, entries }: Mailbox, key: Uint8Array): number | null {
    const id = this.#messages.get(messageKey(account.id, key))?.firstId;
    return id !== undefined && entries.has(id) ? id : null;
  }

  async cancel(accountId: number, ids: readonly number[], cancelledAt: number): Promise<void> {
    const { entries } = this.#mailbox(accountId);
    const unknown = ids.filter((id) => entries.get(id)?.box !== "sent");
    if (unknown.length > 0) throw notYourMessage(unknown);
    const messages = ids.map((id) => entries.get(id)!.message);
    const late = ids.filter((_, at) => {
      const { held, cancelledAt } = messages[at]!;
      return held === null && cancelledAt === null;
    });
    if (late.length > 0) throw alreadySent(late);
    for (const message of messages) {
      message.held = null;
      message.cancelledAt ??= cancelledAt;
    }
    this.#watchers.tell([accountId]);
  }

  async deliverDue(now: number, quota?: Quota): Promise<boolean> {
    this.#refuseClosed();
    const due = [...this.#messages.values()]
      .filter(({ held }) => held !== null && held.deliverAt <= now)
      .sort((a, b) => a.held!.deliverAt - b.held!.deliverAt);
    for (const message of due) this.#releaseOne(message, now, quota);
    return false;
  }

  #releaseOne(message: Message, now: number, quota: Quota | undefined): void {
    const { expiresAt, copies } = message.held!;
    message.held = null;
    message.releasedAt = now;
    const told = [message.sender!.account.id]; // what is held was sent
    const bytes = message.body.reduce((sum, piece) => sum + piece.length, 0);
    for (const { mailbox, copy } of copies) {
      const isClosed = mailbox.closedAt !== null;
      const reason = isClosed ? "account_deleted" : "mailbox_full";
      if (isClosed || isFull(mailbox, bytes, [copy], quota)) {
        returnToSender(message, mailbox.account.name, reason, now);
        readersLeave(message);
      } else {
        addEntry(mailbox, { box: "inbox", message, copy, readAt: null, expiresAt });
        told.push(mailbox.account.id);
      }
    }
    this.#watchers.tell(told);
  }

  async nextDelivery(): Promise<number | null> {
    this.#refuseClosed();
    const times = [...this.#messages.values()].flatMap(({ held }) => held?.deliverAt ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  #refuseManyHeld(sender: Mailbox, copies: readonly { copy: StoredCopy }[]): void {
    const held = [...this.#messages.values()]
      .filter((message) => message.sender === sender && message.held !== null);
    const all = [...held.flatMap((message) => message.held!.copies), ...copies];
    const bytes = all.reduce((sum, { copy }) => sum + sizeOf(copy), 0);
    const isTooMuch = held.length >= limits.maxHeldMessages || bytes > limits.maxHeldCopyBytes;
    if (isTooMuch) throw tooManyHeld();
  }

  async returned(accountId: number, ids: readonly number[]): Promise<Returned[]> {
    const { entries } = this.#mailbox(accountId);
    return ids.flatMap((id) => {
      const held = entries.get(id);
      if (held === undefined || held.box === "inbox" && held.returnedAt === null) return [];
      return held.message.returned.filter((one) => held.box === "sent" || one.id === id)
        .map(({ recipient, reason, at }) => {
          return { id, recipient, reason, at, original: held.message.firstId };
        });
    });
  }

  async closeAccount(accountId: number, closedAt: number): Promise<void> {
    const mailbox = this.#mailbox(accountId);
    mailbox.closedAt ??= closedAt;
    mailbox.keyring = { version: 0, sealed: null };
    mailbox.recovery = null;
    mailbox.appPasswords = [];
    mailbox.steps = [];
    mailbox.removals = [];
    for (const message of this.#messages.values()) {
      if (message.sender === mailbox) message.held = null;
    }
    for (const [id, upload] of this.#uploads) {
      if (upload.accountId === accountId) this.#uploads.delete(id);
    }
  }

  async settle(accountId: number | null, now: number): Promise<boolean> {
    this.#refuseClosed();
    const told = new Set<number>();
    for (const mailbox of this.#mailboxes) {
      const isOwn = accountId === null || mailbox.account.id === accountId;
      for (const held of mailbox.entries.values()) {
        const isExpired = isOwn && (held.expiresAt ?? Infinity) <= now;
        if (!isExpired && (accountId !== null || mailbox.closedAt === null)) continue;
        takeOut(mailbox, held, isExpired ? "expired" : "account_deleted", now);
        const { sender } = held.message;
        if (sender !== null) told.add(sender.account.id);
      }
    }
    this.#watchers.tell([...told]);
    return false;
  }

  async retain(retention: Retention, now: number, _after: number): Promise<number | null> {
    this.#refuseClosed();
    for (const mailbox of this.#open()) this.#watchers.tell(retain(mailbox, retention, now));
    return null;
  }

  async removals(accountId: number, ids: readonly number[]): Promise<Removal[]> {
    const { entries, removals } = this.#mailbox(accountId);
    return ids.flatMap((id) => removals.filter((one) => one.id === id && entries.has(id)))
      .map(({ lastId: _, ...removal }) => removal);
  }

  async findSend(accountId: number, idempotencyKey: Uint8Array): Promise<number | null> {
    this.#refuseClosed();
    return this.#messages.get(messageKey(accountId, idempotencyKey))?.firstId ?? null;
  }

  async list(query: ListQuery): Promise<ListPage> {
    const all = [...this.#mailbox(query.accountId).entries.values()];
    const box = all.filter((held) => held.box === query.box);
    const page = box.filter((held) => matches(held, query)).toReversed().slice(0, query.limit);
    return {
      total: box.length,
      unread: box.filter((held) => held.readAt === null).length,
      entries: page.map((held) =>
        held.summary === null ? whole(held) : { ...whole(held), envelope: null }
      ),
    };
  }

  async arrivals({ accountId, after, limit, unread }: ArrivalsQuery): Promise<Entry[]> {
    return [...this.#mailbox(accountId).entries.values()]
      .filter(({ id, box, readAt }) =>
        box === "inbox" && id > after && !(unread && readAt !== null)
      )
      .slice(0, limit)
      .map((held) => held.summary === null ? whole(held) : { ...whole(held), envelope: null });
  }

  watch(accountId: number, listener: () => void): () => void {
    return this.#watchers.add(accountId, listener);
  }

  async entries(accountId: number, ids: readonly number[]): Promise<(Entry | null)[]> {
    const { entries } = this.#mailbox(accountId);
    return ids.map((id) => entries.has(id) ? whole(entries.get(id)!) : null);
  }

  async saveSummaries(
    accountId: number,
    summaries: readonly { readonly id: number; readonly summary: Uint8Array }[],
  ): Promise<void> {
    const { entries } = this.#mailbox(accountId);
    for (const { id, summary } of summaries) {
      const held = entries.get(id);
      if (held !== undefined) held.summary = summary;
    }
  }

  async *body(accountId: number, id: number): AsyncGenerator<Uint8Array> {
    const { entries } = this.#mailbox(accountId);
    const held = entries.get(id);
    if (held === undefined) throw noSuchMessage([id]);
    if (held.copy.bodyHeader.length === 0) return; // returned without the original
    for (const piece of [held.copy.bodyHeader, ...held.message.body]) {
      if (!entries.has(id)) throw noSuchMessage([id]);
      yield piece.slice();
    }
  }

  async markRead(
    accountId: number,
    ids: readonly number[],
    readAt: number,
    receipts: ReadonlyMap<number, Uint8Array> = new Map(),
  ): Promise<void> {
    const { account, entries } = this.#mailbox(accountId);
    for (const id of ids) {
      const held = entries.get(id);
      if (held === undefined || held.readAt !== null) continue;
      held.readAt = readAt;
      const { message, returnedAt } = held;
      if (returnedAt !== null) continue;
      this.#giveReceipt(message, account.name, receipts.get(id));
      if (message.readersLeft === null) continue;
      message.wasRead = true;
      remove(this.#mailbox(accountId), held);
    }
  }

  #giveReceipt(message: Message, reader: string, receipt: Uint8Array | undefined): void {
    const delivery = message.deliveries.find(({ recipient }) => recipient === reader);
    if (delivery === undefined || receipt === undefined) return;
    delivery.receipt = receipt;
    if (message.sender !== null) this.#watchers.tell([message.sender.account.id]);
  }

  async deleteEntries(accountId: number, ids: readonly number[]): Promise<void> {
    const { entries } = this.#mailbox(accountId);
    const missing = [...new Set(ids)].filter((id) => !entries.has(id));
    if (missing.length > 0) throw noSuchMessage(missing);
    const found = [...new Set(ids)].map((id) => entries.get(id)!);
    const held = found.filter(({ box, message }) => box === "sent" && message.held !== null);
    if (held.length > 0) throw stillHeld(held.map(({ id }) => id));
    for (const entry of found) remove(this.#mailbox(accountId), entry);
  }

  load(): StoreLoad {
    return new CommitTimes().load(0); // nothing here takes any time
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #refuseClosed(): void {
    if (this.#closed) throw storeClosed();
  }

  #mailbox(accountId: number): Mailbox {
    this.#refuseClosed();
    const mailbox = this.#mailboxes[accountId - 1];
    if (mailbox === undefined) throw noSuchAccount(accountId);
    return mailbox;
  }

  /** Null where the sealed keys are others by now. */
  #expected({ accountId, expectedSealedKeys }: AccountChange): Mailbox | null {
    const mailbox = this.#mailbox(accountId);
    if (mailbox.closedAt !== null) return null;
    return equalBytes(mailbox.account.sealedKeys, expectedSealedKeys) ? mailbox : null;
  }

  #open(): Mailbox[] {
    return this.#mailboxes.filter(({ closedAt }) => closedAt === null);
  }

  #named(name: string): Mailbox | undefined {
    this.#refuseClosed();
    return this.#mailboxes.find(({ account, closedAt }) =>
      account.name === name && closedAt === null
    );
  }

  /** Finds everybody's mailbox, somebody named twice gets the first copy; and tells who has none. */
  #resolve(recipients: NewMessage["recipients"], { partial, unknown }: SendTerms) {
    const missing = recipients.filter(({ name }) => this.#named(name) === undefined);
    const gone = [...missing.map(({ name }) => name), ...unknown];
    if (gone.length > 0 && !partial) throw noSuchRecipient(gone);
    const there = recipients.filter((recipient) => !missing.includes(recipient));
    const changed = there.filter(({ name, fingerprint }) =>
      !equalBytes(this.#named(name)!.account.keys.fingerprint, fingerprint)
    );
    if (changed.length > 0) throw keyChanged(changed.map(({ name }) => name));
    const names = there.map(({ name }) => name);
    const found = there.filter(({ name }, at) => names.indexOf(name) === at)
      .map(({ name, copy }) => ({ mailbox: this.#named(name)!, copy }));
    return { found, gone };
  }

  #refuseFull(
    sender: Mailbox,
    { own, body, quota }: NewMessage,
    recipients: readonly { mailbox: Mailbox; copy: StoredCopy }[],
  ): void {
    const bytes = this.#bodyBytes(body);
    if (isFull(sender, bytes, [own], quota)) throw ownOverQuota();
    const full = recipients.filter(({ mailbox, copy }) =>
      isFull(mailbox, bytes, mailbox === sender ? [own, copy] : [copy], quota)
    );
    if (full.length > 0) throw overQuota(full.map(({ mailbox: { account } }) => account.name));
  }

  #bodyBytes(body: NewMessage["body"]): number {
    if (body instanceof Uint8Array) return body.length;
    return (this.#uploads.get(body.upload)?.chunks ?? []).reduce(
      (sum, { length }) => sum + length,
      0,
    );
  }

  #takeBody({ senderId, body }: Pick<NewMessage, "senderId" | "body">): readonly Uint8Array[] {
    if (body instanceof Uint8Array) return pieces(body);
    const upload = this.#uploads.get(body.upload);
    if (upload?.accountId !== senderId) throw noSuchUpload(body.upload);
    this.#uploads.delete(body.upload);
    return upload.chunks;
  }
}
