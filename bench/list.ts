/** What a list of 50 out of 100,000 messages costs the server. */
import { type AccountId, accountId } from "../src/model/ids.ts";
import { SqlConnection } from "../src/store/sqlite/connection.ts";
import { listStatement } from "../src/store/sqlite/mailbox.ts";
import { cpuSeconds } from "./process.ts";
import { inTurns, print, report } from "./report.ts";
import { openSession } from "./session.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const messages = 100_000;
const shown = 50;
const rounds = 200;

/** Measures a list whose messages were seen before, and one that still needs their envelopes. */
export async function benchList(place: Workplace): Promise<void> {
  await makeAccount(place, "list");
  await place.run(place.program, ["send", "list", "-s", "Number 1", "-m", "x"]);
  await place.run(place.program, ["inbox"]); // opens the envelope and leaves a summary
  const database = new SqlConnection(`${place.folder}/server/server/data/mailctl.db`);
  try {
    await measure(place, database, accountId(fill(database)));
  } finally {
    database.close();
  }
}

/** Makes many messages of the one that is there, in one transaction; those listed last were not seen yet. */
function fill(database: SqlConnection): number {
  const { account, first } = database.one<{ account: number; first: number }>(
    "SELECT account_id AS account, id AS first FROM entry WHERE box = 'inbox'",
  );
  database.transaction("IMMEDIATE", () => {
    database.run(copies, messages - 1, account, first, first + shown);
    database.run(filings, account, first);
    database.run(
      `UPDATE mailbox SET next_entry = next_entry + ?1, inbox = inbox + ?1, unread = unread + ?1,
         modseq = modseq + next_entry + ?1
       WHERE account_id = ?2`,
      messages,
      account,
    );
  });
  return account;
}

const copies = `
  WITH RECURSIVE copy (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < ?1)
  INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest,
    read_at, sealed_bytes, envelope_digest, summary, envelope)
  SELECT account_id, id + number, box, sender_id, message_id, stored_at, latest,
    read_at, sealed_bytes, envelope_digest, CASE WHEN id + number > ?4 THEN summary END,
    envelope
  FROM copy CROSS JOIN entry WHERE account_id = ?2 AND id = ?3`;

/** An entry that is not filed is in no list. */
const filings = `
  INSERT INTO filing (account_id, id, place, modseq)
  SELECT account_id, id, id, id + modseq FROM entry JOIN mailbox USING (account_id)
  WHERE account_id = ?1 AND id > ?2`;

async function measure(
  place: Workplace,
  database: SqlConnection,
  accountId: AccountId,
): Promise<void> {
  const { client } = await openSession(place.login("list"));
  const oldest = database.one<{ id: number }>(
    "SELECT min(id) AS id FROM entry WHERE box = 'inbox'",
  ).id;
  const filter = {
    box: "inbox",
    limit: shown,
    unread: false,
    from: null,
    since: null,
    aside: null,
  } as const;
  const query = (before: number | null) => {
    const { sql, values } = listStatement({ ...filter, before, accountId });
    return () => database.all(sql, ...values);
  };
  const list = (before: number | null) => () => client.call("list", { ...filter, before });
  const unseen = oldest + shown + 1;
  try {
    const [ping, seen, rawSeen, fresh, rawFresh] = await inTurns(rounds, [
      () => client.call("ping", {}),
      list(null),
      query(null),
      list(unseen),
      query(unseen),
    ]) as [number, number, number, number, number];
    tell({ ping, seen, rawSeen, fresh, rawFresh });
    await tellCpu(place.serverPid, list(null));
  } finally {
    client.close();
  }
}

interface Times {
  readonly ping: number;
  readonly seen: number;
  readonly rawSeen: number;
  readonly fresh: number;
  readonly rawFresh: number;
}

function tell({ ping, seen, rawSeen, fresh, rawFresh }: Times): void {
  const floorName = "the same rows from node:sqlite";
  report(`A list of ${shown} out of ${messages.toLocaleString("en")} (round trip less a ping)`, [
    {
      name: "seen before (target 2 ms)",
      value: seen - ping,
      unit: "ms",
      floor: rawSeen,
      floorName,
    },
    {
      name: "not seen yet: with envelopes",
      value: fresh - ping,
      unit: "ms",
      floor: rawFresh,
      floorName,
    },
  ]);
  print(`  A ping takes ${ping.toFixed(2)} ms. `);
}

async function tellCpu(pid: number, list: () => Promise<unknown>): Promise<void> {
  const before = cpuSeconds(pid);
  for (let round = 0; round < rounds * 3; round++) await list();
  const milliseconds = (cpuSeconds(pid) - before) * 1000 / (rounds * 3);
  print(`CPU of the server, a list seen before: ${milliseconds.toFixed(2)} ms.\n`);
}
