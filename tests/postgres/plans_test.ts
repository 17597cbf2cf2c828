/** How PostgreSQL finds what the store asks for: by an index, without statistics, and in few round trips. */
import assert from "node:assert/strict";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import { DueWork } from "../../src/service/due_work.ts";
import { RetentionSweep } from "../../src/service/retention_sweep.ts";
import type { Account } from "../../src/store/account_store.ts";
import { openStore } from "../../src/store/open.ts";
import { parseAddress } from "../../src/store/postgres/address.ts";
import type { DriverClient } from "../../src/store/postgres/driver.ts";
import { Primary } from "../../src/store/postgres/primary.ts";
import type { Store } from "../../src/store/store.ts";
import { freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { fill } from "../support/postgres_fill.ts";
import {
  countQueries,
  type Plan,
  plansOf,
  preparedStatements,
  tellPlans,
} from "../support/postgres_queries.ts";
import {
  bytes,
  createAccounts,
  patterned,
  query,
  readBody,
  sampleMessage,
} from "../support/store_samples.ts";
// They ask what a store and a server have to ask: what is prepared then is looked at here.
import "./contract_test.ts";
import "./processes_test.ts";

/** Index, and the columns that a search by it names -> why that finds few rows. */
const few: Readonly<Record<string, string>> = {
  "alias_by_account account_id": "an account's names",
  "app_password_pkey account_id": "an account's",
  "blocked_pkey account_id": "an account's",
  "body_chunk_pkey body_id": "a body's",
  "body_loose account_id": "an account's uploads",
  "bounce_pkey message_id": "a message's recipients",
  "delivery_pkey message_id": "a message's recipients",
  "device_pkey account_id": "an account's",
  "device_account_id_label_key account_id": "an account's",
  "held_by_sender sender_id": "what an account may have wait",
  "held_copy_message_id_position_key message_id": "a message's recipients",
  "presence_pkey account_id": "the processes that an account is connected to",
  "keyring_pkey account_id": "an account's parts",
  "keyring_pkey account_id version": "an account's parts",
  "succession_pkey account_id": "an account's keys",
  "retention_notice_pkey account_id": "an account's announcements",
  "request_by_account account_id": "so many of an account are kept",
  "request_by_account account_id key": "so many of an account are kept",
};

/** What would be a fault -> a part of the statements in which it is none -> why. */
const allowed: readonly (readonly [fault: RegExp, statement: string, because: string])[] = [
  [/^Seq Scan of meta/, "meta", "it has one row"],
  [/^(Seq Scan|search) of instance/, "instance", "there are as many as processes"],
  [/Sort/, "AS taken ORDER BY key", "two names"],
  [/Sort/, "FROM succession WHERE account_id = account.id", "keys of accounts that were asked for"],
  [/Sort/, "ORDER BY part.version", "the parts of a keyring"],
  [/Sort/, "FROM bounce WHERE message_id = $1", "the recipients of a message"],
  [
    /Sort/,
    "JOIN bounce ON bounce.message_id",
    "the recipients of messages that were asked for",
  ],
  [/Sort/, "FROM gone ORDER BY account_id, id", "what is taken out at once"],
  [/HashAggregate/, "SELECT DISTINCT message.sender_id", "what is taken out at once"],
  [/HashAggregate/, "DELETE FROM request", "so many at once"],
  [/invite_pkey/, "expires_at > $2 ORDER BY token_hash LIMIT", "what has expired is swept"],
  [/invite_pkey/, "DELETE FROM invite USING", "the invites that a beginning stands for: one"],
  [
    /mailbox_pkey|account_disabled|invite_by_expiry/,
    "count(*) AS accounts",
    "an administrator counts",
  ],
  [/failed_logins_full/, "FROM failed_logins WHERE full_at > $1", "all are wanted"],
  [/held_due/, "FOR UPDATE SKIP LOCKED", "the condition is the index's own"],
  [/invite_by_expiry/, "DELETE FROM invite", "what has expired goes"],
  [/entry_by_box account_id box id$/, "FROM message m JOIN entry e", "an entry by its id"],
  [/gone_pkey/, "DELETE FROM gone", "so many at once"],
  [/body_loose/, "begun_at <", "uploads that are open"],
  [/Sort/, "has_table_privilege", "there are few tables"],
  [/outcome_by_time/, "DELETE FROM outcome", "what became old since the last look"],
  [/stored_at >=/, "last_until($1", "what came while a clock was wrong"],
  [/entry_aside/, "read_at IS NULL AND aside = 1", "what is aside and read is passed over"],
  [/entry_by_box/, "AS due_in_sent", "what is to be kept longer is passed over"],
  [/entry_pkey|retention_notice_pkey/, "count(*) FROM entry", "an announcement has a number"],
  [
    /entry_by_sender|entry_charged/,
    "coalesce(sum(e.sealed_bytes",
    "what one sender has in a mailbox",
  ],
];

function isAllowed(fault: string, sql: string): boolean {
  return allowed.some(([faults, statement]) => faults.test(fault) && sql.includes(statement));
}

/** What is wrong with a plan; `$1` and so on are unknown to it. */
function faults(
  plan: Plan,
  keys: ReadonlyMap<string, readonly string[]>,
  isLimited = false,
): string[] {
  const node = plan["Node Type"];
  const below = (plan.Plans ?? []).flatMap((one) =>
    faults(one, keys, node === "Limit" || isLimited)
  );
  if (node === "Seq Scan" || node.startsWith("Bitmap")) {
    return [`${node} of ${plan["Relation Name"]}`, ...below];
  }
  if (/Sort|Hash|Merge|Gather/.test(node)) return [node, ...below];
  if (!/^Index/.test(node)) return below;
  const index = plan["Index Name"]!;
  const columns = keys.get(index);
  if (columns === undefined) return below; // a table of PostgreSQL's own
  const condition = plan["Index Cond"] ?? "";
  const named = columns.filter((column) => new RegExp(`\\b${column} `).test(condition));
  const isUnique = columns.every((column) => new RegExp(`\\(${column} = `).test(condition));
  const search = [index, ...named].join(" ");
  if (isUnique || few[search] !== undefined || isLimited && plan.Filter === undefined) return below;
  return [
    `search of ${search}${plan.Filter === undefined ? "" : `, then ${plan.Filter}`}`,
    ...below,
  ];
}

/** Plans a statement as the store's connections do. */
async function planOf(client: DriverClient, sql: string): Promise<Plan> {
  await client.query(`PREPARE asked AS ${sql}`);
  try {
    const found = await client.query(
      "SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements WHERE name = 'asked'",
    );
    const values = Array.from({ length: Number(found.rows[0]!["count"]) }, () => "NULL").join();
    const execute = values === "" ? "EXECUTE asked" : `EXECUTE asked(${values})`;
    const { rows } = await client.query(`EXPLAIN (COSTS OFF, FORMAT JSON) ${execute}`);
    return (rows[0]!["QUERY PLAN"] as { Plan: Plan }[])[0]!.Plan;
  } finally {
    await client.query("DEALLOCATE asked");
  }
}

/** Index -> its columns. */
async function keysOf(client: DriverClient): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query(`
    SELECT relname AS name, (SELECT json_agg(pg_get_indexdef(indexrelid, n, true) ORDER BY n)
      FROM generate_series(1, indnkeyatts) AS n) AS columns
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace`);
  return new Map(rows.map((row) => [row["name"] as string, row["columns"] as string[]]));
}

Deno.test({
  name:
    "postgres: every statement finds its rows by an index, among 100,000 entries without statistics",
  ignore: withoutPostgres,
  fn: async () => {
    const asked = preparedStatements();
    await using database = await freshDatabase();
    await (await openStore(database.url, { domain: "example.org" })).close();
    const client = await new Primary(parseAddress(database.url)).connect();
    try {
      await fill(client);
      await tellPlans(database.url);
      const plans: [string, Plan][] = [];
      for (const sql of asked) plans.push([sql, await planOf(client, sql)]);
      plans.push(...await plansOf(() => useFunctions(database.url)));
      const keys = await keysOf(client);
      const seen = plans.map(([text, plan]) => ({
        sql: text.replaceAll(/\s+/g, " ").trim(),
        plan,
      }));
      const wrong = seen.flatMap(({ sql, plan }) =>
        faults(plan, keys).filter((one) => !isAllowed(one, sql)).map((one) => `${one}: ${sql}`)
      );
      assert.deepEqual(wrong, []);
      const unasked = allowed.filter(([, part]) => !seen.some(({ sql }) => sql.includes(part)));
      assert.deepEqual(unasked, [], "statements are missing");
    } finally {
      await client.end();
    }
  },
});

const rate = { place: 1, burst: 1_000, perSecond: 1, meaning: "messages" };

/** Has the functions of the database do what they can. */
async function useFunctions(url: string): Promise<void> {
  const store = await openStore(url, { domain: "example.org" });
  try {
    const [alice, , carol] = await createAccounts(store, ["alice", "bob", "carol"]) as [
      Account,
      Account,
      Account,
    ];
    const session = store.as(alice, { rate });
    const quota = { maxBytes: 0, maxMessages: 4 };
    const send = (key: string, to: string[]) =>
      session.send({ ...sampleMessage(alice.id, { key, to }), quota });
    await send("fits", ["bob"]);
    const atOnce = Array.from({ length: 8 }, (_, n) =>
      // some of them in a group
      store.send(sampleMessage(carol.id, { key: `at once ${n}`, to: ["carol"] })));
    await Promise.all(atOnce);
    await assert.rejects(send("fills a share", ["bob"]), { code: "over_quota" });
    await store.as(alice, { asOf: () => 0 }).list(query(alice.id, { box: "sent", since: 1 }));
    const terms = { partial: true, unknown: [], expiresAt: null };
    await session.submit(sampleMessage(alice.id, { key: "back", to: ["nobody"] }), terms);
  } finally {
    await store.close();
  }
}

/** Alice has sent bob so many messages, and had so many from him. */
async function correspondence(store: Store, messages: number): Promise<[Account, Account]> {
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
  for (let n = 1; n <= messages; n++) {
    await store.send(sampleMessage(alice.id, { key: `${n}`, to: ["bob"] }));
  }
  return [alice, bob];
}

Deno.test({
  name:
    "postgres: what is asked for most takes one round trip, in a session too, counted or as of a time",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const store = await openStore(database.url, { domain: "example.org" });
    try {
      const [alice, bob] = await correspondence(store, 3);
      const body = patterned(3 * limits.chunkBytes);
      const long = await store.send(sampleMessage(alice.id, { key: "long", to: ["bob"], body }));
      const feed = { accountId: alice.id, since: 1, known: 1, limit: 10, aside: false };
      const counts: Record<string, [queries: number, ask: (store: Store) => Promise<unknown>]> = {
        list: [1, (store) => store.list(query(alice.id, { box: "sent", since: 1 }))],
        newMail: [
          1,
          (store) => store.newMail({ accountId: alice.id, after: 0, limit: 10, unread: true }),
        ],
        entries: [1, (store) => store.entries(alice.id, [entryId(1), entryId(2), entryId(9)])],
        changes: [1, (store) => store.changes(feed)],
        filedEntries: [1, (store) => store.filedEntries(alice.id, [entryId(1), entryId(2)])],
        outlines: [1, (store) => store.outlines(alice.id, [entryId(1), entryId(2)])],
        "a short body": [1, (store) => readBody(store, alice.id, entryId(1))],
        "a body of three chunks": [4, (store) => readBody(store, alice.id, long.id)],
        "a plain send": [
          1,
          (store) => store.send(sampleMessage(alice.id, { key: crypto.randomUUID(), to: ["bob"] })),
        ],
      };
      for (const [what, [queries, ask]] of Object.entries(counts)) {
        const terms = [{}, { rate }, { asOf: () => 1 }];
        for (const session of [store, ...terms.map((one) => store.as(alice, one))]) {
          assert.equal(await countQueries(() => ask(session)), queries, what);
        }
      }
      assert.equal((await store.list(query(bob.id))).total, 4 + 4);
      const retentionSweep = new RetentionSweep(store, () => 1, () => null);
      const dueWork = new DueWork(store, () => 1, { retentionSweep });
      const look = () => dueWork.read(alice, (store) => store.list(query(alice.id)));
      assert.equal(await countQueries(look), 1, "a list of what is as it has to be now");
    } finally {
      await store.close();
    }
  },
});

Deno.test({
  name: "postgres: many entries take as many round trips as one",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const store = await openStore(database.url, { domain: "example.org" });
    try {
      const most = 20;
      const [, bob] = await correspondence(store, 2 * most);
      const id = bob.id;
      const filing = { sealed: bytes("filing"), aside: true };
      const receipts = (ids: EntryId[]) => new Map(ids.map((id) => [id, bytes(`receipt ${id}`)]));
      const summary = bytes("short");
      const calls: Record<string, (ids: EntryId[]) => Promise<unknown>> = {
        saveSummaries: (ids) => store.saveSummaries(id, ids.map((id) => ({ id, summary }))),
        saveOutlines: (ids) => store.saveOutlines(id, ids.map((id) => ({ id, sealed: summary }))),
        markRead: (ids) => store.markRead(id, ids, 5, receipts(ids)),
        markUnread: (ids) => store.markUnread(id, ids),
        fileEntries: (ids) =>
          store.fileEntries(
            id,
            ids.map((id) => ({ id, expectedVersion: 0, moves: true, ...filing })),
          ),
        copyEntries: (ids) => store.copyEntries(id, ids.map((id) => ({ id, ...filing }))),
        deleteEntries: (ids) => store.deleteEntries(id, ids),
      };
      const many = Array.from({ length: most }, (_, n) => entryId(n + 2));
      for (const [name, call] of Object.entries(calls)) {
        const one = await countQueries(() => call([entryId(1)]));
        assert.equal(await countQueries(() => call(many)), one, name);
        assert.ok(one <= 9, `${name}: ${one}`);
      }
    } finally {
      await store.close();
    }
  },
});
