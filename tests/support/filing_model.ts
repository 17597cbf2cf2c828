/** Mailboxes as lists of rows with their filings, to compare a store and those who follow it with. */
import assert from "node:assert/strict";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { type AccountId, type EntryId, entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import type { Box } from "../../src/model/message.ts";
import { digested } from "../../src/service/submitted_message.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Changes, FiledEntry, NewFiling } from "../../src/store/filing_store.ts";
import type { Store } from "../../src/store/store.ts";
import { pick } from "./store_model.ts";
import { bytes, query, sampleMessage } from "./store_samples.ts";

type Random = () => number;

/** What is the same for everybody who follows. */
export interface FiledRow {
  readonly id: EntryId;
  readonly box: Box;
  readAt: number | null;
  place: number;
  version: number;
  aside: boolean;
  sealed: string | null;
}

const decoder = new TextDecoder();

export function rowOf({ id, box, readAt, filing }: FiledEntry): FiledRow {
  const { place, version, aside, sealed } = filing;
  return { id, box, readAt, place, version, aside, sealed: sealed && decoder.decode(sealed) };
}

/** Somebody who follows a mailbox: what it rebuilt of it, and how far. */
export class Follower {
  readonly entries = new Map<EntryId, FiledRow>();
  #since = 0;
  #known = 0;

  /** Takes one page. Returns whether there may be more. */
  async step(store: Store, accountId: AccountId, limit: number): Promise<boolean> {
    const asked = { accountId, since: this.#since, known: this.#known, limit, aside: false };
    const page = await store.changes(asked);
    this.#check(page, limit);
    for (const entry of page.entries) this.entries.set(entry.id, rowOf(entry));
    for (const id of page.gone) this.entries.delete(id);
    if (this.#since === 0) this.#known = page.newest;
    this.#since = page.modseq;
    if (!page.more) this.#known = page.modseq;
    return page.more;
  }

  #check({ modseq, newest, reset, entries, gone }: Changes, limit: number): void {
    assert.equal(reset, false);
    assert.ok(modseq >= this.#since && modseq <= newest, "the count goes up");
    assert.ok(entries.length + gone.length <= limit);
    const counts = entries.map(({ filing }) => filing.modseq);
    assert.deepEqual(counts, counts.toSorted((a, b) => a - b));
    assert.ok(counts.every((count) => count > this.#since && count <= modseq));
  }
}

interface Mailbox {
  readonly account: Account;
  next: number;
  readonly rows: Map<EntryId, FiledRow>;
}

export class FilingModel {
  readonly #mailboxes: readonly Mailbox[];
  #made = 0;

  constructor(accounts: readonly Account[]) {
    this.#mailboxes = accounts.map((account) => ({ account, next: 1, rows: new Map() }));
  }

  /** Does one random thing, and checks its answer. It is as good as done in the model before the store has done it. */
  act(store: Store, random: Random): Promise<void> {
    const actions = [
      this.#send,
      this.#append,
      this.#file,
      this.#file,
      this.#file,
      this.#copy,
      this.#markRead,
      this.#markUnread,
      this.#delete,
    ];
    return pick(actions, random).call(this, store, random);
  }

  /** Has somebody follow to the end, by pages of a random length, and compares. */
  async compare(store: Store, follower: Follower, at: number, random: Random): Promise<void> {
    const { account, rows } = this.#mailboxes[at]!;
    while (await follower.step(store, account.id, 1 + random() % 60));
    assert.deepEqual(sorted(follower.entries.values()), sorted(rows.values()));
  }

  /** Compares the counts of a mailbox, and one list of it. */
  async compareLists(store: Store, at: number, random: Random): Promise<void> {
    const { account, rows } = this.#mailboxes[at]!;
    const box = pick(["inbox", "sent"] as const, random);
    const aside = pick([null, true, false], random);
    const unread = random() % 2 === 0;
    const page = await store.list(query(account.id, { box, aside, unread }));
    const right = sorted(rows.values()).filter((row) =>
      row.box === box && (aside === null || row.aside === aside)
    );
    const isUnread = (row: FiledRow) => row.readAt === null;
    assert.deepEqual([page.total, page.unread], [right.length, right.filter(isUnread).length]);
    const shown = right.filter((row) => !unread || isUnread(row)).toReversed();
    assert.deepEqual(page.entries.map(rowOf), shown.slice(0, limits.maxListEntries));
  }

  async #send(store: Store, random: Random): Promise<void> {
    const sender = pick(this.#mailboxes, random);
    const to = this.#mailboxes.filter(() => random() % 2 === 0);
    const key = `send ${this.#made++}`;
    const id = add(sender, { box: "sent", readAt: 1000 });
    for (const mailbox of to) add(mailbox, { box: "inbox", readAt: null });
    const names = to.map(({ account }) => account.name);
    const sent = await store.send(sampleMessage(sender.account.id, { key, to: names }));
    assert.equal(sent.id, id);
  }

  async #append(store: Store, random: Random): Promise<void> {
    const mailbox = pick(this.#mailboxes, random);
    const box = pick(["inbox", "sent"] as const, random);
    const filing = random() % 2 === 0 ? null : this.#filing(random);
    const key = bytes(`append ${this.#made++}`);
    const id = add(mailbox, { box, readAt: box === "sent" ? 1000 : null });
    if (filing !== null) fileRow(mailbox.rows.get(id)!, filing);
    const stored = await store.append({
      accountId: mailbox.account.id,
      idempotencyKey: asIdempotencyKey(key),
      box,
      isRead: false,
      storedAt: 1000,
      body: bytes("body"),
      copy: digested(bytes("envelope")),
      filing,
    });
    assert.deepEqual(stored, { id, repeated: false });
  }

  /** Some are for a version that was, some for what is gone. */
  async #file(store: Store, random: Random): Promise<void> {
    const mailbox = pick(this.#mailboxes, random);
    const outcomes: string[] = [];
    const filings = someIds(mailbox, random).map((id): NewFiling => {
      const row = mailbox.rows.get(id);
      const expectedVersion = Math.max(0, (row?.version ?? 0) - (random() % 5 === 0 ? 1 : 0));
      const filing = { id, expectedVersion, moves: random() % 2 === 0, ...this.#filing(random) };
      if (row === undefined) outcomes.push("gone");
      else if (row.version !== expectedVersion) outcomes.push("stale");
      else {
        outcomes.push("filed");
        if (filing.moves) row.place = mailbox.next++;
        fileRow(row, filing);
      }
      return filing;
    });
    const expected = filings.map(({ id }) => copied(mailbox.rows.get(id)));
    const answers = await store.fileEntries(mailbox.account.id, filings);
    assert.deepEqual(answers.map(({ outcome }) => outcome), outcomes);
    assert.deepEqual(answers.map(({ entry }) => entry && rowOf(entry)), expected);
  }

  async #copy(store: Store, random: Random): Promise<void> {
    const mailbox = pick(this.#mailboxes, random);
    const copies = someIds(mailbox, random).slice(0, 3)
      .map((id) => ({ id, ...this.#filing(random) }));
    const originals = copies.map(({ id }) => mailbox.rows.get(id));
    const ids = copies.map((copy, at) => {
      const row = originals[at];
      if (row === undefined) return null;
      const id = add(mailbox, { box: row.box, readAt: row.readAt });
      fileRow(mailbox.rows.get(id)!, copy);
      return id;
    });
    assert.deepEqual(await store.copyEntries(mailbox.account.id, copies), ids);
  }

  async #markRead(store: Store, random: Random): Promise<void> {
    const mailbox = pick(this.#mailboxes, random);
    const ids = someIds(mailbox, random);
    const readAt = 5000 + random() % 100;
    for (const id of ids) {
      const row = mailbox.rows.get(id);
      if (row !== undefined) row.readAt ??= readAt;
    }
    await store.markRead(mailbox.account.id, ids, readAt);
  }

  async #markUnread(store: Store, random: Random): Promise<void> {
    const mailbox = pick(this.#mailboxes, random);
    const ids = someIds(mailbox, random);
    for (const id of ids) {
      const row = mailbox.rows.get(id);
      if (row?.box === "inbox") row.readAt = null;
    }
    await store.markUnread(mailbox.account.id, ids);
  }

  async #delete(store: Store, random: Random): Promise<void> {
    const mailbox = pick(this.#mailboxes, random);
    const ids = someIds(mailbox, random).filter((id) => mailbox.rows.delete(id));
    await store.deleteEntries(mailbox.account.id, ids);
  }

  #filing(random: Random) {
    return { sealed: bytes(`filing ${this.#made++}`), aside: random() % 3 === 0 };
  }
}

function add(mailbox: Mailbox, { box, readAt }: Pick<FiledRow, "box" | "readAt">): EntryId {
  const id = entryId(mailbox.next++);
  mailbox.rows.set(id, { id, box, readAt, place: id, version: 0, aside: false, sealed: null });
  return id;
}

function fileRow(row: FiledRow, { sealed, aside }: { sealed: Uint8Array; aside: boolean }): void {
  row.version++;
  row.sealed = decoder.decode(sealed);
  row.aside = aside;
}

function copied(row: FiledRow | undefined): FiledRow | null {
  return row === undefined ? null : { ...row };
}

/** A few that are there, each once, and one at times that is not. */
function someIds({ rows, next }: Mailbox, random: Random): EntryId[] {
  const share = Math.max(4, Math.ceil(rows.size / 3));
  const ids = [...rows.keys()].filter(() => random() % share === 0);
  const any = entryId(1 + random() % next);
  return random() % 4 === 0 ? [...new Set([...ids, any])] : ids;
}

function sorted(rows: Iterable<FiledRow>): FiledRow[] {
  return [...rows].sort((a, b) => a.id - b.id);
}
