/** What holds on PostgreSQL when many ask two processes at once: each row of the table is one race. */
import assert from "node:assert/strict";
import pg from "pg";
import { type AccountName, asAccountName } from "../../src/model/address.ts";
import {
  asAppPasswordVerifier,
  asIdempotencyKey,
  asInviteHash,
  asLoginKey,
  asRequestId,
} from "../../src/model/digests.ts";
import { MailError } from "../../src/model/errors.ts";
import { entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { KeysChange } from "../../src/store/credential_store.ts";
import { openStore } from "../../src/store/open.ts";
import type { RequestKey } from "../../src/store/request_store.ts";
import type { Store } from "../../src/store/store.ts";
import { until } from "../support/person.ts";
import { emptiedDatabase } from "../support/emptied_database.ts";
import { withoutPostgres } from "../support/postgres.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  patterned,
  query,
  sampleAccount,
  sampleMessage,
} from "../support/store_samples.ts";

const callers = 20;
const now = 1_000_000;

type Call = (store: Store, caller: number) => Promise<unknown>;

/** Two processes of one database. */
class Two {
  readonly one: Store;
  readonly other: Store;
  readonly url: string;

  constructor(one: Store, other: Store, url: string) {
    [this.one, this.other, this.url] = [one, other, url];
  }

  /** Each caller calls at once, every other one in the other process. What came of it: a result, or a code. */
  async race(call: Call): Promise<unknown[]> {
    return await Promise.all(
      Array.from(
        { length: callers },
        (_, n) => outcome(call(n % 2 === 0 ? this.one : this.other, n)),
      ),
    );
  }
}

/** A failure as its code; a defect of the store fails the test. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof MailError && error.code !== "internal") return error.code;
    throw error;
  }
}

/** How often each outcome came. */
function counted(outcomes: readonly unknown[]): Record<string, number> {
  const groups = Map.groupBy(outcomes, (one) => typeof one === "string" ? one : "done");
  return Object.fromEntries([...groups].map(([name, all]) => [name, all.length]));
}

function names(prefix: string): string[] {
  return Array.from({ length: callers }, (_, n) => `${prefix}${String(n).padStart(2, "0")}`);
}

async function inboxOf(store: Store, { id }: Account): Promise<string[]> {
  const { entries, total } = await store.list(query(id));
  assert.equal(entries.length, total);
  return entries.map(({ envelope }) => new TextDecoder().decode(envelope!));
}

function requestOf(account: AccountName, call: string): RequestKey {
  return { account, id: asRequestId(patterned(16, 3)), call, at: now };
}

const password = {
  parameters: { salt: patterned(16, 7), memoryKiB: 131072, passes: 4 },
  loginKey: asLoginKey(bytes("new")),
  sealedKeys: bytes("new keys"),
};

function keysChange({ id }: Account): KeysChange {
  const { keys, sealedKeys } = sampleAccount("other keys");
  return {
    accountId: id,
    keys: { ...keys, fingerprint: fingerprintOf("other keys") },
    sealedKeys,
    devices: [],
    succession: { succeededAt: now, signature: patterned(64), acceptance: patterned(64, 1) },
  };
}

function appPassword({ id }: Account, label: string) {
  const verifier = asAppPasswordVerifier(bytes(label));
  return { accountId: id, label, scope: "smtp", verifier, createdAt: now } as const;
}

/**
 * Callers send to bob and carol until they are refused; once some have got through, `end` ends that. Tells the codes
 * by which they were refused, how many messages were taken in all, and what bob had when `end` was done.
 */
async function sendUntil<T>(two: Two, end: () => Promise<T>) {
  const [alice, , carol] = await createAccounts(two.one, ["alice", "bob", "carol"]);
  const begun = Promise.withResolvers<void>();
  let taken = 0;
  const sending = two.race(async (store, caller) => {
    for (let n = 0;; n++) {
      const to = ["bob", "carol"];
      await store.send(sampleMessage(alice!.id, { key: `${caller} ${n}`, to }));
      if (++taken === callers) begun.resolve();
    }
  });
  await Promise.race([begun.promise, sending]);
  const ended = await end();
  const refused = counted(await sending);
  const { total } = await two.one.list(query(alice!.id, { box: "sent", limit: 1 }));
  assert.equal(total, taken, "sent is what was told to be");
  const { total: carols } = await two.one.list(query(carol!.id, { limit: 1 }));
  assert.equal(carols, taken, "all had it, or nobody");
  return { refused, taken, ended };
}

/** Keeps the message of a key from being stored, where all is decided about it. */
async function holdUp(url: string, { id }: Account, key: string) {
  const sql = `INSERT INTO message (sender_id, idempotency_key, content_tag, entry_id, holders)
    VALUES ($1, $2, '', 0, 0)`;
  return await holdBy(url, sql, [id, bytes(key)]);
}

/** Holds what a statement locks until it is disposed of. */
async function holdBy(url: string, sql: string, values: readonly unknown[]) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("BEGIN");
  await client.query(sql, [...values]);
  const blocked = "SELECT count(DISTINCT pid)::int AS count FROM pg_locks WHERE NOT granted";
  return {
    waiting: async (): Promise<number> => (await client.query(blocked)).rows[0].count,
    [Symbol.asyncDispose]: () => client.end(), // which rolls back
  };
}

/** Ends, for an account, what a message to it was sealed for. */
const endings: Record<string, (store: Store, account: Account) => Promise<unknown>> = {
  "a change of keys": (store, account) => store.replaceKeys(keysChange(account)),
  "the end of an account": (store, { id }) => store.closeAccount(id, now),
};

async function waitsForStoring(two: Two, end: typeof endings[string]): Promise<void> {
  const [alice, bob] = await createAccounts(two.one, ["alice", "bob"]);
  const done: string[] = [];
  const calls: Promise<unknown>[] = [];
  {
    await using held = await holdUp(two.url, alice!, "k");
    const sending = two.one.send(sampleMessage(alice!.id, { key: "k", to: ["bob"] }));
    calls.push(sending.then(() => done.push("sent")));
    await until(async () => await held.waiting() === 1, "that the message is being stored");
    calls.push(
      end(two.one, bob!).then(async () => {
        // Answers on two connections may pass each other: the store tells which call was done first.
        const key = asIdempotencyKey(bytes("k"));
        if (await two.one.findSend(alice!.id, key) !== null) await sending;
        done.push("ended");
      }),
    );
    await until(async () => done.length > 0 || await held.waiting() === 2, "that both wait");
    assert.deepEqual(done, []);
  }
  await Promise.all(calls);
  assert.deepEqual(done, ["sent", "ended"]);
}

const races: Record<string, (two: Two) => Promise<void>> = {
  "an invite makes as many accounts as it has uses": async (two) => {
    const tokenHash = asInviteHash(patterned(32, 7));
    const invite = { tokenHash, uses: 3, expiresAt: now + 1, maxBytes: null, provisioning: false };
    await two.one.addInvite(invite, now);
    const made = await two.race((store, n) =>
      store.createInvitedAccount(sampleAccount(`account${n}`), { tokenHash, now })
    );
    assert.deepEqual(counted(made), { done: 3, denied: callers - 3 });
    assert.equal((await two.one.totals(now)).accounts, 3);
    assert.equal(await two.one.findInvite({ tokenHash, now }), null);
  },

  "one gets a name, be it for an account or for an alias": async (two) => {
    await createAccounts(two.one, names("owner"));
    const got = await two.race((store, n) =>
      n % 4 < 2 ? store.createAccount(sampleAccount("info")) : store.addAlias({
        name: asAccountName("info"),
        skeleton: "skeleton of info",
        account: asAccountName(names("owner")[n]!),
      })
    );
    assert.deepEqual(counted(got), { done: 1, name_taken: callers - 1 });
  },

  "one gets a name of those that look alike": async (two) => {
    await createAccounts(two.one, ["owner"]);
    const skeleton = "one skeleton";
    const got = await two.race((store, n) =>
      n % 4 < 2
        ? store.createAccount(sampleAccount(names("like")[n]!, { skeleton }))
        : store.addAlias({
          name: asAccountName(names("like")[n]!),
          skeleton,
          account: asAccountName("owner"),
        })
    );
    assert.deepEqual(counted(got), { done: 1, name_taken: callers - 1 });
  },

  "an account that is closed is left no alias": async (two) => {
    const [bob] = await createAccounts(two.one, ["bob"]);
    const outcomes = await two.race(async (store, n) => {
      if (n === callers / 2) return await store.closeAccount(bob!.id, now);
      const name = names("alias")[n]!;
      return await store.addAlias({
        name: asAccountName(name),
        skeleton: name,
        account: bob!.name,
      });
    });
    assert.deepEqual(counted(outcomes), { done: callers });
    assert.deepEqual(await two.one.aliases({ after: null, limit: callers }), []);
  },

  "a request makes one account, and all are told which": async (two) => {
    const account = sampleAccount("alice");
    const request = requestOf(account.name, "create");
    const ids = await two.race((store) => store.under(request).createAccount(account));
    const { id } = (await two.one.findAccount(account.name))!;
    assert.deepEqual(ids, Array(callers).fill(id));
  },

  "a request changes a password once, and all are told the same": async (two) => {
    const [alice] = await createAccounts(two.one, ["alice"]);
    const request = requestOf(alice!.name, "password");
    const epochs = await two.race((store) =>
      store.as({ id: alice!.id, epoch: alice!.epoch, request })
        .replacePassword({ accountId: alice!.id, devices: [], ...password })
    );
    assert.deepEqual(epochs, Array(callers).fill(alice!.epoch + 1));
    assert.equal((await two.one.findAccount(alice!.name))!.epoch, alice!.epoch + 1);
  },

  "a request deletes messages once, and nobody hears that they are gone": async (two) => {
    const [alice] = await createAccounts(two.one, ["alice"]);
    await two.one.send(sampleMessage(alice!.id, { key: "k", to: ["alice"] }));
    const request = requestOf(alice!.name, "delete");
    const done = await two.race((store) =>
      store.under(request).deleteEntries(alice!.id, [entryId(1), entryId(2)])
    );
    assert.deepEqual(counted(done), { done: callers });
    assert.deepEqual(await inboxOf(two.one, alice!), []);
  },

  "an account has as many application passwords as it may": async (two) => {
    const [alice] = await createAccounts(two.one, ["alice"]);
    for (let n = 3; n < limits.maxAppPasswords; n++) {
      await two.one.addAppPassword(appPassword(alice!, `before ${n}`));
    }
    const added = await two.race((store, n) => store.addAppPassword(appPassword(alice!, `${n}`)));
    assert.deepEqual(counted(added), { done: 3, too_large: callers - 3 });
  },

  "failed logins are noted by all, in whatever order": async (two) => {
    const keys = names("key");
    const failed = keys.map((key) => ({ rate: "loginByAccount", key, ms: 1 }));
    const noted = await two.race((store, n) =>
      store.noteFailedLogins(n % 4 < 2 ? failed : failed.toReversed(), now)
    );
    assert.deepEqual(counted(noted), { done: callers });
    const fullAt = now + callers;
    assert.deepEqual(
      await two.one.failedLogins(now),
      keys.map((key) => ({ rate: "loginByAccount", key, fullAt })),
    );
  },

  "nothing is taken under keys that are replaced": async (two) => {
    const bobsTotal = async () => {
      const { id } = (await two.one.findAccount(asAccountName("bob")))!;
      return (await two.one.list(query(id, { limit: 1 }))).total;
    };
    const { refused, taken, ended } = await sendUntil(two, async () => {
      await two.one.replaceKeys(keysChange((await two.one.findAccount(asAccountName("bob")))!));
      return await bobsTotal();
    });
    assert.deepEqual(refused, { key_changed: callers });
    assert.deepEqual([ended, await bobsTotal()], [taken, taken]);
  },

  "nothing is taken for an account that is closed": async (two) => {
    const { refused } = await sendUntil(two, async () => {
      const { id } = (await two.one.findAccount(asAccountName("bob")))!;
      await two.one.closeAccount(id, now);
    });
    assert.deepEqual(refused, { no_such_recipient: callers });
    while (await two.one.expireDue(null, now));
    const [alice, carol] = await Promise.all(
      ["alice", "carol"].map((name) => two.one.describeAccount(asAccountName(name))),
    );
    const { accounts, messages } = await two.one.totals(now);
    assert.deepEqual([accounts, messages], [2, alice!.messages + carol!.messages]);
  },

  ...Object.fromEntries(
    Object.entries(endings).map(([what, end]) => [
      `${what} waits for a message that is being stored`,
      (two: Two) => waitsForStoring(two, end),
    ]),
  ),

  "a mailbox is filled to the last byte of its quota, and not beyond": async (two) => {
    const senders = await createAccounts(two.one, names("sender"));
    const [bob] = await createAccounts(two.one, ["bob"]);
    const message = (n: number) =>
      sampleMessage(senders[n]!.id, {
        key: senders[n]!.name,
        to: ["bob"],
        body: patterned(limits.minEntryBytes, n),
      });
    const size = limits.minEntryBytes + message(0).recipients[0]!.copy.envelope.length;
    const fitting = 12;
    await two.one.setQuota(bob!.name, { maxBytes: fitting * size });
    const sent = await two.race((store, n) => store.send(message(n)));
    assert.deepEqual(counted(sent), { done: fitting, over_quota: callers - fitting });
    const { bytes: used, messages } = (await two.one.describeAccount(bob!.name))!;
    assert.deepEqual([used, messages], [fitting * size, fitting]);
  },

  "an idempotency key has one message, and all are told which": async (two) => {
    const [alice, bob] = await createAccounts(two.one, ["alice", "bob"]);
    const message = () => sampleMessage(alice!.id, { key: "k", to: ["bob"] });
    const sent = await two.race((store) => store.send(message())) as { repeated: boolean }[];
    const repeats = sent.map(({ repeated }) => repeated).sort();
    assert.deepEqual(repeats, [false, ...Array(callers - 1).fill(true)]);
    assert.deepEqual(sent.map((one) => ({ ...one, repeated: true })), [
      ...Array(callers).fill({ id: 1, repeated: true }),
    ]);
    assert.equal((await inboxOf(two.one, bob!)).length, 1);
  },

  "an idempotency key has the message of one, and the others hear of a conflict": async (two) => {
    const [alice, bob] = await createAccounts(two.one, ["alice", "bob"]);
    const sent = await two.race((store, n) =>
      store.send(sampleMessage(alice!.id, { key: "k", tag: `${n}`, to: ["bob"] }))
    );
    assert.deepEqual(counted(sent), { done: 1, conflict: callers - 1 });
    assert.equal((await inboxOf(two.one, bob!)).length, 1);
  },

  "an account does no more than its rates allow": async (two) => {
    const [alice, bob] = await createAccounts(two.one, ["alice", "bob"]);
    const terms = { partial: false, unknown: [], expiresAt: null };
    const message = (n: number) => sampleMessage(alice!.id, { key: `${n}`, to: ["bob"] });
    const rate = { place: 1, burst: 7, perSecond: 1 / 1_000, meaning: "messages" };
    const sent = await two.race((store, n) => {
      const counted = store.as(alice!, { rate });
      return n % 4 < 2 ? counted.send(message(n)) : counted.submit(message(n), terms);
    });
    assert.deepEqual(counted(sent), { done: 7, try_later: callers - 7 });
    assert.equal((await inboxOf(two.one, bob!)).length, 7);
  },

  "what is read while it is found to have expired stays, and does not go back": async (two) => {
    const [alice, bob] = await createAccounts(two.one, ["alice", "bob"]);
    const terms = { partial: false, unknown: [], expiresAt: now };
    await two.one.submit(sampleMessage(alice!.id, { key: "k", to: ["bob"] }), terms);
    const held = await holdBy(
      two.url,
      "SELECT FROM mailbox WHERE account_id = $1 FOR UPDATE",
      [bob!.id],
    );
    const calls: Promise<unknown>[] = [];
    try {
      calls.push(two.one.markRead(bob!.id, [entryId(1)], now));
      await until(async () => await held.waiting() === 1, "the reader waits");
      calls.push(two.other.expireDue(null, now));
      await until(async () => await held.waiting() === 2, "what takes it out waits behind");
    } finally {
      await held[Symbol.asyncDispose]();
    }
    await Promise.all(calls);
    while (await two.one.expireDue(null, now));
    assert.deepEqual(await inboxOf(two.one, bob!), ["envelope of k for bob"]);
    assert.deepEqual(await inboxOf(two.one, alice!), []);
  },

  "what waits is delivered once or taken back": async (two) => {
    const [alice, bob] = await createAccounts(two.one, ["alice", "bob"]);
    const terms = { partial: false, unknown: [], expiresAt: null, deliverAt: now };
    const keys = names("key");
    for (const key of keys) {
      await two.one.submit(sampleMessage(alice!.id, { key, to: ["bob"] }), terms);
    }
    const outcomes = await two.race(async (store, n) => {
      const delivering = n % 2 === 0 ? store.deliverDue(now) : Promise.resolve();
      await store.cancel(alice!.id, [entryId(n + 1)], now).finally(() => delivering);
      while (await store.deliverDue(now));
    });
    while (await two.one.deliverDue(now));
    const late = keys.filter((_, n) => outcomes[n] === "already_sent");
    const delivered = late.map((key) => `envelope of ${key} for bob`);
    assert.deepEqual((await inboxOf(two.one, bob!)).sort(), delivered);
    assert.equal(await two.one.nextDelivery(), null);
  },
};

for (const [name, holds] of Object.entries(races)) {
  Deno.test({
    name: `postgres, two processes: ${name}`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await emptiedDatabase();
      await using one = await open(database.url);
      await using other = await open(database.url);
      await holds(new Two(one.store, other.store, database.url));
    },
  });
}

async function open(url: string) {
  const store = await openStore(url, { domain: "example.org" });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
