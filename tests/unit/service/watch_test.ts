/** Many who wait for the same: what the store is asked when it tells of something. */
import assert from "node:assert/strict";
import { asLoginKey } from "../../../src/model/digests.ts";
import { entryId } from "../../../src/model/ids.ts";
import { DueWork } from "../../../src/service/due_work.ts";
import { Mail } from "../../../src/service/mail.ts";
import type { NewMailQuery } from "../../../src/service/mail_requests.ts";
import { RateLimiter } from "../../../src/service/rate_limit.ts";
import { RetentionSweep } from "../../../src/service/retention_sweep.ts";
import { Watch } from "../../../src/service/watch.ts";
import type { Entry } from "../../../src/store/mailbox_store.ts";
import type { StoredNewMailQuery } from "../../../src/store/watch_store.ts";
import { CountedStore } from "../../support/counted_store.ts";
import { deadline, until } from "../../support/person.ts";
import { createAccounts, sampleMessage } from "../../support/store_samples.ts";

const waiters = 1000;
const never = new AbortController().signal;

async function setUp(store = new CountedStore("mail.test")) {
  const now = () => 1_000;
  const dueWork = new DueWork(store, now, {
    retentionSweep: new RetentionSweep(store, now, () => null),
  });
  const mail = new Mail(store, now, {
    quota: { maxBytes: 0, maxMessages: 0 },
    limiter: new RateLimiter(now),
    dueWork,
  });
  const [sender, bob, eve] = await createAccounts(store, ["sender", "bob", "eve"]);
  const send = (key: string, to: readonly string[]) =>
    store.send(sampleMessage(sender!.id, { key, to }));
  return { store, watch: new Watch(store, mail), send, sender: sender!, bob: bob!, eve: eve! };
}

interface Waiting {
  readonly what: string;
  readonly accounts: readonly ("bob" | "eve")[];
  readonly queries: readonly NewMailQuery[];
  /** Of the store, when one message comes for every account. */
  readonly looks: number;
}

const inbox = { after: 0, unread: false };

const table: readonly Waiting[] = [
  { what: "behind the same id", accounts: ["bob"], queries: [inbox], looks: 1 },
  { what: "of two accounts", accounts: ["bob", "eve"], queries: [inbox], looks: 2 },
  {
    what: "behind two ids",
    accounts: ["bob"],
    queries: [inbox, { ...inbox, after: 1 }],
    looks: 2,
  },
  {
    what: "for unread mail or any",
    accounts: ["bob"],
    queries: [inbox, { ...inbox, unread: true }],
    looks: 2,
  },
];

for (const { what, accounts, queries, looks } of table) {
  Deno.test(`a thousand who wait ${what}: looks at the store for a message: ${looks}`, async () => {
    const { store, watch, send, ...people } = await setUp();
    for (const name of accounts) { // id 1 is something sent, so that nothing is behind 0 nor 1
      await store.send(sampleMessage(people[name].id, { key: "own", to: ["sender"] }));
    }
    const kinds = accounts.flatMap((name) =>
      queries.map((query) => [people[name], query] as const)
    );
    const waits = Array.from(
      { length: waiters },
      (_, at) => watch.wait(...kinds[at % kinds.length]!, never),
    );
    await until(() => store.looks === waiters, "the first looks, one each");
    await send("a message", accounts);
    const pages = await Promise.all(waits);
    assert.ok(pages.every(({ entries }) => entries.length === 1 && entries[0]!.id === 2));
    assert.equal(store.looks - waiters, looks);
  });
}

Deno.test("a thousand who wait to be read cost one look at what was sent", async () => {
  const { store, watch, send, sender, bob } = await setUp();
  const { id } = await send("a message", ["bob"]);
  const waits = Array.from(
    { length: waiters },
    () => watch.waitForRead(sender, { id, known: 1 }, never),
  );
  await until(() => store.entryLooks === waiters, "the first looks, one each");
  await store.markRead(bob.id, [entryId(1)], 5, new Map([[entryId(1), new Uint8Array(8)]]));
  const states = await Promise.all(waits);
  assert.ok(states.every(({ entry }) => entry.deliveries[0]!.receipt !== null));
  assert.equal(store.entryLooks - waiters, 1);
});

/** A store whose looks end when the test says so. */
class HeldStore extends CountedStore {
  readonly held: (() => void)[] = [];
  holds = false;

  override async newMail(query: StoredNewMailQuery): Promise<Entry[]> {
    const found = await super.newMail(query);
    if (this.holds) await new Promise<void>((resolve) => this.held.push(resolve));
    return found;
  }
}

Deno.test("whoever hears of mail joins no look that began before it", async () => {
  const store = new HeldStore("mail.test");
  const { watch, send, bob } = await setUp(store);
  const behindOne = { after: 1, unread: false };
  const early = watch.wait(bob, behindOne, never);
  await until(() => store.looks === 1, "the first look");
  store.holds = true;
  await send("one", ["bob"]);
  await until(() => store.held.length === 1, "a look that found nothing");
  store.holds = false;
  const late = watch.wait(bob, behindOne, never);
  await until(() => store.looks === 3, "the first look of the other");
  await send("two", ["bob"]);
  assert.equal((await deadline(late, 10_000, "the message")).entries[0]!.id, 2);
  store.held[0]!();
  assert.equal((await deadline(early, 10_000, "the message")).entries[0]!.id, 2);
});

Deno.test("a device that is revoked while two wait takes the news from none but itself", async () => {
  const { store, watch, send, bob } = await setUp();
  const enter = async (label: string) => {
    const key = asLoginKey(new Uint8Array(32).fill(label.length));
    const power = { scope: "mail", senders: null, createdAt: 1, expiresAt: null } as const;
    const secrets = { key, sealedKeys: key.slice(), wrappedKey: key.slice() };
    await store.addDevice({ accountId: bob.id, label, ...power, ...secrets, replaces: null });
    return { ...bob, device: key };
  };
  const revoked = watch.wait(await enter("revoked"), inbox, never);
  const kept = watch.wait(await enter("kept"), inbox, never);
  await until(() => store.looks === 2, "the first looks");
  await store.removeDevice(bob.id, "revoked");
  const refused = assert.rejects(revoked, { code: "unavailable" });
  await send("one", ["bob"]);
  assert.equal((await kept).entries.length, 1);
  await refused;
});

Deno.test("a wait that is over has no look of the store for its end", async () => {
  const { store, watch, bob } = await setUp();
  const over = new AbortController();
  const waits = Array.from({ length: waiters }, () => watch.wait(bob, inbox, over.signal));
  await until(() => store.looks === waiters, "the first looks");
  over.abort();
  assert.ok((await Promise.all(waits)).every(({ entries }) => entries.length === 0));
  assert.equal(store.looks, waiters);
});
