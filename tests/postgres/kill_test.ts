/** Processes and databases are killed while clients go on: what was acknowledged is there, once, and the counts are right. */
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { seeded } from "../support/mime.ts";
import { Cluster, withoutPostgres } from "../support/postgres.ts";
import { Client, Ledger } from "../support/store_acts.ts";
import { createAccounts } from "../support/store_samples.ts";
import { StoreProcesses } from "../support/store_process.ts";

const processes = 3;
const clients = 8;
/** Between two kills: so many calls are acknowledged, at least, and so many more at random. */
const between = { least: 15, more: 40 };

/** Each names what is not as it should be; none finds anything. */
const findings: Readonly<Record<string, string>> = {
  "a count is not that of its rows": `
    SELECT account_id, mailbox FROM mailbox WHERE
      (inbox, sent, unread, inbox_aside, sent_aside, unread_aside, bytes) <> (
        SELECT count(*) FILTER (WHERE box = 'inbox'), count(*) FILTER (WHERE box = 'sent'),
          count(*) FILTER (WHERE read_at IS NULL),
          count(*) FILTER (WHERE box = 'inbox' AND aside = 1),
          count(*) FILTER (WHERE box = 'sent' AND aside = 1),
          count(*) FILTER (WHERE read_at IS NULL AND aside = 1),
          coalesce(sum(sealed_bytes + octet_length(envelope) + coalesce(octet_length(summary), 0)
            + coalesce(octet_length(sealed), 0)), 0)
        FROM entry JOIN filing USING (account_id, id)
        WHERE entry.account_id = mailbox.account_id)`,
  "an id is missing that was not deleted, or is there after it was": `
    SELECT account_id, ids FROM mailbox CROSS JOIN LATERAL (
      SELECT array_agg(id ORDER BY id) AS ids FROM (
        SELECT id FROM entry WHERE entry.account_id = mailbox.account_id
        UNION ALL SELECT id FROM gone WHERE gone.account_id = mailbox.account_id) AS one) AS given
    WHERE next_entry > 1 AND ids IS DISTINCT FROM array(SELECT generate_series(1, next_entry - 1))`,
  "a mailbox has a message twice": `
    SELECT account_id, box, message_id FROM entry
    GROUP BY account_id, box, message_id HAVING count(*) > 1`,
  "a message is held by more or fewer entries than it has": `
    SELECT id, holders FROM message WHERE id <> 0 AND holders <> (
      SELECT count(*) FROM entry WHERE message_id = message.id)
      + (SELECT count(*) FROM held_copy WHERE message_id = message.id)`,
  "a body is held by more or fewer messages than it has": `
    SELECT id, holders FROM body WHERE holders IS NOT NULL AND holders <> (
      SELECT count(*) FROM message WHERE body_id = body.id AND holders > 0)`,
  "a body has lost chunks, or chunks their body": `
    SELECT id FROM body WHERE (chunks, bytes) <> (
      SELECT count(*), coalesce(sum(octet_length(data)), 0) FROM body_chunk WHERE body_id = body.id)
    UNION ALL SELECT body_id FROM body_chunk WHERE NOT EXISTS (
      SELECT FROM body WHERE id = body_id)`,
  "something still waits that was due": `
    SELECT message_id FROM held WHERE cancelled_at IS NULL
    UNION ALL SELECT message_id FROM held_copy`,
};

Deno.test({
  name: "postgres: nothing is lost or doubled where three processes and the primary are killed",
  ignore: withoutPostgres,
  fn: async (t) => {
    const seed = Number(Deno.env.get("SEED") ?? Date.now() % 100_000);
    await using primary = await Cluster.start();
    await using database = await primary.freshDatabase();
    await using standby = await primary.standby();
    const name = new URL(database.url).pathname;
    const url = `postgres://mailctl@127.0.0.1:${primary.port},127.0.0.1:${standby.port}${name}`;
    await t.step(`seed ${seed}`, async () => {
      const ledger = await killedWhile(url, seeded(seed), { primary, standby });
      const store = await openStore(url, { domain: null });
      try {
        while (await store.deliverDue(Date.now()));
        for (const [finding, sql] of Object.entries(findings)) {
          assert.deepEqual(await standby.ask(sql, name.slice(1)), [], finding);
        }
        await ledger.verify(store);
      } finally {
        await store.close();
      }
    });
  },
});

/** Has clients go on while one thing after the other is killed, and tells what they heard. */
async function killedWhile(
  url: string,
  random: () => number,
  { primary, standby }: { readonly primary: Cluster; readonly standby: Cluster },
): Promise<Ledger> {
  const ledger = new Ledger();
  let isOver = false;
  await using stores = new StoreProcesses(url, processes);
  const repeat = stores.repeat.bind(stores);
  const joined = await withStore(url, async (store) => {
    await createAccounts(store, ["bob"]);
    const names = Array.from({ length: clients }, (_, n) => `client${n}`);
    return await Promise.all(
      names.map((name) => Client.join({ store, repeat, ledger, random: seeded(random()), name })),
    );
  });
  const working = Promise.all([
    ...joined.map(async (client) => {
      await client.actOnEach();
      await client.act(() => isOver);
    }),
    deliver(stores, () => isOver),
  ]);
  working.catch(() => {}); // whoever waits for some more hears it
  const someMore = async () => {
    const enough = ledger.count + between.least + random() % between.more;
    while (ledger.count < enough) await Promise.race([pause(), working]);
  };
  let victim = random();
  const killNext = () => stores.kill(++victim % processes);
  const kills = [
    ...[killNext, killNext, killNext],
    () => primary.kill9().then(() => primary.restart()),
    ...[killNext, killNext, killNext],
    () => primary.kill9().then(() => standby.promote()),
    ...[killNext, killNext],
  ];
  for (const kill of kills) {
    await someMore();
    await kill();
  }
  await someMore();
  isOver = true;
  await working;
  return ledger;
}

/** As every server does for what is due. */
async function deliver(stores: StoreProcesses, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await stores.repeat((store) => store.deliverDue(Date.now()));
    await pause();
  }
}

async function withStore<T>(
  url: string,
  work: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
): Promise<T> {
  const store = await openStore(url, { domain: null });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
