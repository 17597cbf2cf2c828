/** Sends that come at once: several in one transaction, and each as if it were alone. */
import assert from "node:assert/strict";
import pg from "pg";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import type { MailError } from "../../src/model/errors.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { DoubtfulRelay } from "../support/doubtful_relay.ts";
import { emptiedDatabase } from "../support/emptied_database.ts";
import { withoutPostgres } from "../support/postgres.ts";
import { countQueries } from "../support/postgres_queries.ts";
import { through } from "../support/relay.ts";
import { bytes, createAccounts, query, sampleMessage } from "../support/store_samples.ts";

/** How many groups are at work at once, and how many calls each has at most. */
const [atOnce, most] = [4, 8];
/** How long a send waits for a mailbox before it tries again. */
const lockMs = 5_000;
/** So many come before that as many groups as can be have one each, and the others are whole. */
const calls = atOnce + 2 * most;

const cases: Record<string, (store: Store, url: string) => Promise<void>> = {
  "take a round trip for each group": async (store) => {
    const [alice] = await createAccounts(store, ["alice", "bob"]);
    const send = (round: string) =>
      Promise.all(
        Array.from(
          { length: calls },
          (_, n) => store.send(sampleMessage(alice!.id, { key: `${round} ${n}`, to: ["bob"] })),
        ),
      );
    await send("connects");
    assert.equal(await countQueries(() => send("counted")), atOnce + 2);
  },

  "are stored once each where answers are lost": async (direct, url) => {
    const [alice, bob] = await createAccounts(direct, ["alice", "bob"]);
    await using relay = new DoubtfulRelay(Number(new URL(url).port));
    const store = await openStore(through(url, relay), { domain: "example.org" });
    try {
      relay.isOn = true;
      const sent = await Promise.all(
        Array.from(
          { length: calls },
          (_, n) => store.send(sampleMessage(alice!.id, { key: `${n}`, to: ["bob"] })),
        ),
      );
      assert.ok(relay.lost > 0);
      const ids = sent.map(({ id }) => id).sort((a, b) => a - b);
      assert.deepEqual(ids, Array.from({ length: calls }, (_, n) => n + 1));
      assert.ok(sent.every(({ repeated }) => !repeated));
      assert.equal((await direct.list(query(bob!.id))).total, calls);
    } finally {
      await store.close();
    }
  },

  "have each their own answer": async (store) => {
    const senders = await createAccounts(
      store,
      Array.from({ length: calls }, (_, n) => `user${n}`),
    );
    const [bob, carol] = await createAccounts(store, ["bob", "carol"]);
    const rate = { place: 1, burst: 1, perSecond: 0.001, meaning: "messages" };
    const message = (n: number, to = "bob", tag = "k") =>
      sampleMessage(senders[n]!.id, { key: "k", tag, to: [to] });
    const [forBob] = message(0).recipients;
    const [forCarol] = message(0, "carol").recipients;
    await store.setQuota(carol!.name, { maxMessages: 1 });
    await store.send(message(0, "carol"));
    await store.send(message(1));
    await store.send(message(2));
    await store.as(senders[3]!, { rate }).send({
      ...message(3),
      idempotencyKey: asIdempotencyKey(bytes("before")),
    });
    const odd: readonly (readonly [answer: unknown, send: (n: number) => Promise<unknown>])[] = [
      ["no_such_recipient", (n) => store.send(message(n, "nobody"))],
      ["over_quota", (n) => store.send(message(n, "carol"))],
      [
        "key_changed",
        (n) =>
          store.send({
            ...message(n),
            recipients: [{ ...forBob!, fingerprint: forCarol!.fingerprint }],
          }),
      ],
      ["unavailable", (n) => store.as({ id: senders[n]!.id, epoch: 0 }).send(message(n))],
      ["try_later", () => store.as(senders[3]!, { rate }).send(message(3))],
      ["conflict", () => store.send(message(2, "bob", "other"))],
      [{ id: 1, repeated: true }, () => store.send(message(1))],
    ];
    const plain = [{ id: 1, repeated: false }, (n: number) => store.send(message(n))] as const;
    const sends = Array.from({ length: calls - 4 }, (_, at) => odd[at - atOnce] ?? plain); // the odd ones in one group
    const answers = sends.map(([, send], at) =>
      send(at + 4).catch((error) => (error as MailError).code)
    );
    assert.deepEqual(await Promise.all(answers), sends.map(([answer]) => answer));
    const { total } = await store.list(query(bob!.id));
    assert.equal(total, 3 + answers.length - odd.length);
  },

  "do not wait long for a mailbox that only another needs": async (store, url) => {
    const senders = await createAccounts(
      store,
      Array.from({ length: calls }, (_, n) => `user${n}`),
    );
    const [bob] = await createAccounts(store, ["bob", "carol"]);
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT FROM mailbox WHERE account_id = $1 FOR UPDATE", [bob!.id]);
    const begun = performance.now();
    let isHeld = true;
    const sent = senders.map(async ({ id }, n) => {
      const to = n === calls - 1 ? "bob" : "carol";
      await store.send(sampleMessage(id, { key: "k", to: [to] }));
      return isHeld;
    });
    await Promise.all(sent.slice(0, -1));
    isHeld = false;
    assert.ok(performance.now() - begun < lockMs, "nobody waits for as long as the one does");
    await holder.end(); // which rolls back
    assert.deepEqual(await Promise.all(sent), senders.map((_, n) => n < calls - 1));
  },
};

for (const [promise, holds] of Object.entries(cases)) {
  Deno.test({
    name: `store postgres: sends that come at once ${promise}`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await emptiedDatabase();
      const store = await openStore(database.url, { domain: "example.org" });
      try {
        await holds(store, database.url);
      } finally {
        await store.close();
      }
    },
  });
}
