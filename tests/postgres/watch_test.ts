/** One process hears of what another stored: soon, under load, and whatever becomes of the connection it hears by. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Account } from "../../src/store/account_store.ts";
import { accountId } from "../../src/model/ids.ts";
import { openStore } from "../../src/store/open.ts";
import { parseAddress } from "../../src/store/postgres/address.ts";
import { Hints } from "../../src/store/postgres/process/hints.ts";
import { Primary } from "../../src/store/postgres/primary.ts";
import type { Store } from "../../src/store/store.ts";
import { Watchers } from "../../src/store/watchers.ts";
import { until } from "../support/person.ts";
import { cluster, type Database, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { Relay, through } from "../support/relay.ts";
import { createAccounts, sampleMessage } from "../support/store_samples.ts";

const ignore = withoutPostgres;
/** Sooner than all look without being told, milliseconds. */
const beforeLookMs = 20_000;

/** One store that sends and one that watches, each with a connection of its own for hints. */
class Stage implements AsyncDisposable {
  readonly #database: Database;
  readonly sending: Store;
  readonly watching: Store;
  readonly alice: Account;
  readonly bob: Account;

  private constructor(
    database: Database,
    stores: readonly [Store, Store],
    people: readonly [Account, Account],
  ) {
    this.#database = database;
    [this.sending, this.watching] = stores;
    [this.alice, this.bob] = people;
  }

  static async set(): Promise<Stage> {
    const database = await freshDatabase();
    const sending = await openStore(database.url, { domain: "example.org" });
    const watching = await openStore(database.url, { domain: "example.org" });
    const people = await createAccounts(sending, ["alice", "bob"]) as [Account, Account];
    return new Stage(database, [sending, watching], people);
  }

  send(key: string): Promise<unknown> {
    return this.sending.send(sampleMessage(this.alice.id, { key, to: ["bob"] }));
  }

  /** Ends the connections by which processes tell and hear. */
  async cutHints(): Promise<void> {
    const { name } = this.#database;
    await (await cluster()).ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '${name}' AND query ~ 'LISTEN|NOTIFY|^SELECT$'`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.sending.close(), this.watching.close()]);
    await this.#database[Symbol.asyncDispose]();
  }
}

/** Follows bob's inbox by a cursor, looking only when it is told to, as a session does. */
class Follower {
  /** When each message was seen, by its place in the inbox. */
  readonly seen: number[] = [];
  readonly #stage: Stage;
  readonly stop: () => void;
  #isAsked = false;
  #looking: Promise<void> | null = null;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.stop = stage.watching.watch(stage.bob.id, () => {
      this.#isAsked = true;
      this.#looking ??= this.#look().finally(() => this.#looking = null);
    });
  }

  async #look(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      const page = { accountId: this.#stage.bob.id, after: this.seen.length, unread: false };
      const entries = await this.#stage.watching.newMail({ ...page, limit: 200 });
      for (const { id } of entries) {
        assert.equal(id, this.seen.length + 1);
        this.seen.push(performance.now());
      }
    }
  }
}

Deno.test({
  name: "postgres: a watcher in another process hears of each message within a second, under load",
  ignore,
  fn: async () => {
    await using stage = await Stage.set();
    const follower = new Follower(stage);
    const [senders, each] = [16, 20];
    const stored: number[] = []; // by the place in the inbox
    await Promise.all(Array.from({ length: senders }, async (_, sender) => {
      for (let n = 0; n < each; n++) {
        await stage.send(`${sender} ${n}`);
        stored.push(performance.now());
      }
    }));
    await until(() => follower.seen.length === senders * each, "hearing of all");
    follower.stop();
    const late = follower.seen.map((at, n) => at - stored[n]!).toSorted((a, b) => a - b);
    assert.ok(late[late.length / 2]! < 1_000, `half of them took ${late[late.length / 2]} ms`);
    assert.ok(late.at(-1)! < beforeLookMs, `the last took ${late.at(-1)} ms`);
  },
});

Deno.test({
  name: "postgres: what is stored while hints are cut off is heard of when they are there again",
  ignore,
  fn: async () => {
    await using stage = await Stage.set();
    const follower = new Follower(stage);
    await stage.send("before");
    await until(() => follower.seen.length === 1, "hearing of the first");
    for (let n = 2; n < 6; n++) {
      const begun = performance.now();
      await Promise.all([stage.cutHints(), stage.send(`during ${n}`)]);
      await until(() => follower.seen.length === n, "hearing of the next");
      assert.ok(performance.now() - begun < beforeLookMs, `${n} was not told`);
    }
    follower.stop();
  },
});

Deno.test({
  name: "postgres: a network that dies without a word is noticed, and all are told",
  ignore,
  fn: async () => {
    await using database = await freshDatabase();
    await using relay = new Relay(Number(new URL(database.url).port));
    const primary = new Primary(parseAddress(through(database.url, relay)));
    const watchers = { mail: new Watchers(), changes: new Watchers() };
    const hints = new Hints(() => primary.connect(), watchers, { tryMs: 100, triedMs: 100 });
    let told = 0;
    watchers.mail.add(accountId(1), () => told++);
    await hints.start();
    relay.freeze();
    const begun = performance.now();
    await until(() => hints.connects > 1 && told > 0, "another connection");
    assert.ok(performance.now() - begun < beforeLookMs, "it was not noticed");
    await hints.close();
  },
});

Deno.test({
  name: "postgres: what happens within 10 ms is told to other processes at once",
  ignore,
  fn: async () => {
    await using database = await freshDatabase();
    const primary = new Primary(parseAddress(database.url));
    const open = async () => {
      const watchers = { mail: new Watchers(), changes: new Watchers() };
      const hints = new Hints(() => primary.connect(), watchers);
      await hints.start();
      return { hints, watchers };
    };
    const [here, there] = [await open(), await open()];
    const changed = { changedInboxes: new Set([accountId(1)]), changedMailboxes: new Set<never>() };
    let heard = 0;
    there.watchers.mail.add(accountId(1), () => heard++);
    const begun = performance.now();
    while (performance.now() - begun < 200) {
      here.hints.tell(changed);
      await setImmediate();
    }
    await here.hints.close();
    const most = (performance.now() - begun) / 10 + 1;
    await until(() => heard > 0, "hearing of it");
    assert.ok(heard <= most, `${heard} notifications, not ${most}`);
    await there.hints.close();
  },
});
