/** A mailbox store as a list of rows, to compare a real one with after random operations. */

import { type AccountId, type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import type { Box } from "../../src/model/message.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { ListQuery } from "../../src/store/mailbox_store.ts";
import type { Store } from "../../src/store/store.ts";
import { query, sampleMessage } from "./store_samples.ts";

interface Row {
  readonly accountId: AccountId;
  readonly id: EntryId;
  readonly box: Box;
  readonly from: string;
  readonly storedAt: number;
  readAt: number | null;
}

type Random = () => number;

export class StoreModel {
  readonly #accounts: readonly Account[];
  readonly #nextIds = new Map<AccountId, number>();
  #rows: Row[] = [];
  #sends = 0;

  constructor(accounts: readonly Account[]) {
    this.#accounts = accounts;
  }

  /** Does one random thing to the store and to the model. */
  async act(store: Store, random: Random): Promise<void> {
    const actions = [this.#send, this.#send, this.#send, this.#markRead, this.#delete];
    await pick(actions, random).call(this, store, random);
  }

  /** Compares one random page, its counts included. */
  async compare(store: Store, random: Random): Promise<void> {
    const asked = this.#randomQuery(random);
    const box = this.#rows.filter((row) =>
      row.accountId === asked.accountId && row.box === asked.box
    );
    const page = box.filter((row) => matches(row, asked)).sort((a, b) => b.id - a.id);
    const { total, unread, entries } = await store.list(asked);
    assert.equal(total, box.length);
    assert.equal(unread, box.filter((row) => row.readAt === null).length);
    const told = entries.map(({ id, from, storedAt, readAt }) => ({ id, from, storedAt, readAt }));
    const expected = page.slice(0, asked.limit)
      .map(({ id, from, storedAt, readAt }) => ({ id, from, storedAt, readAt }));
    assert.deepEqual(told, expected);
  }

  async #send(store: Store, random: Random): Promise<void> {
    const sender = pick(this.#accounts, random);
    const recipients = this.#accounts.filter(() => random() % 2 === 0);
    const storedAt = 1000 + random() % 500;
    const to = recipients.map((account) => account.name);
    const key = `send ${this.#sends++}`;
    const { id } = await store.send(sampleMessage(sender.id, { key, to, storedAt }));
    const common = { from: sender.name, storedAt };
    assert.equal(this.#add(sender.id, { ...common, box: "sent", readAt: storedAt }), id);
    for (const account of recipients) {
      this.#add(account.id, { ...common, box: "inbox", readAt: null });
    }
  }

  async #markRead(store: Store, random: Random): Promise<void> {
    const account = pick(this.#accounts, random);
    const ids = this.#someIds(account.id, random);
    await store.markRead(account.id, ids, 5000);
    for (const row of this.#rowsOf(account.id)) {
      if (ids.includes(row.id)) row.readAt ??= 5000;
    }
  }

  async #delete(store: Store, random: Random): Promise<void> {
    const account = pick(this.#accounts, random);
    const ids = this.#someIds(account.id, random);
    await store.deleteEntries(account.id, ids);
    this.#rows = this.#rows.filter((row) => row.accountId !== account.id || !ids.includes(row.id));
  }

  #add(accountId: AccountId, row: Omit<Row, "accountId" | "id">): EntryId {
    const id = this.#nextIds.get(accountId) ?? 1;
    this.#nextIds.set(accountId, id + 1);
    this.#rows.push({ ...row, accountId, id: entryId(id) });
    return entryId(id);
  }

  #rowsOf(accountId: AccountId): Row[] {
    return this.#rows.filter((row) => row.accountId === accountId);
  }

  #someIds(accountId: AccountId, random: Random): EntryId[] {
    return this.#rowsOf(accountId).filter(() => random() % 8 === 0).map((row) => row.id);
  }

  #randomQuery(random: Random): ListQuery {
    const maybe = <T>(value: T): T | null => random() % 3 === 0 ? value : null;
    return query(pick(this.#accounts, random).id, {
      box: pick(["inbox", "sent"], random),
      before: maybe(random() % 100),
      limit: 1 + random() % 40,
      unread: random() % 3 === 0,
      from: maybe(pick(this.#accounts, random).name),
      since: maybe(1000 + random() % 500),
    });
  }
}

function matches(row: Row, { before, unread, from, since }: ListQuery): boolean {
  return (before === null || row.id < before) && (!unread || row.readAt === null) &&
    (from === null || row.from === from) && (since === null || row.storedAt >= since);
}

/** One of them, by chance. */
export function pick<T>(from: readonly T[], random: Random): T {
  return from[random() % from.length]!;
}
