/** Sends a second in PostgreSQL, by one process, beside the same rows that a function inserts and checks nothing. */
import pg from "pg";
import { rate, ratesInTurns } from "./rate.ts";
import { report } from "./report.ts";
import { openStore } from "../src/store/open.ts";
import type { Store } from "../src/store/store.ts";
import { randomBytes } from "../src/model/bytes.ts";
import { freshDatabase, withoutPostgres } from "../tests/support/postgres.ts";
import { createAccounts, sampleMessage } from "../tests/support/store_samples.ts";

const accounts = 200;
const callers = [1, 32, 256];
const rounds = 3;
const roundMs = 2_000;
/** As many connections as the store has. */
const connections = 8;
const bodyBytes = 13 * 1024;
const envelopeBytes = 5_600;

/** The rows of one send: a message with its own copy and another, filed both. */
const floor = `
  CREATE SEQUENCE floor_id START 1000000000;
  CREATE FUNCTION floor(key bytea, body bytea, own bytea, copy bytea) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    n bigint := nextval('floor_id');
    new_message bigint;
  BEGIN
    INSERT INTO message (sender_id, idempotency_key, content_tag, entry_id, holders, body)
      VALUES (n, key, key, n, 2, body) RETURNING id INTO new_message;
    INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at, sealed_bytes,
        envelope_digest, envelope)
      VALUES (n % ${accounts}, n, 'sent', n, new_message, 1, 1, 1, 1, key, own),
        ((n + 1) % ${accounts}, n, 'inbox', n, new_message, 1, 1, NULL, 1, key, copy);
    INSERT INTO filing (account_id, id, place, modseq)
      VALUES (n % ${accounts}, n, n, n), ((n + 1) % ${accounts}, n, n, n);
    INSERT INTO delivery (message_id, recipient_id, position) VALUES (new_message, n, 0);
    RETURN new_message;
  END $$`;

/** Measures one process and many callers; nothing where PostgreSQL is not installed. */
export async function benchPostgres(): Promise<void> {
  if (withoutPostgres) return;
  await using database = await freshDatabase();
  const store = await openStore(database.url, { domain: null });
  try {
    const send = await sender(store);
    const insert = await inserter(database.url);
    const work = callers.flatMap((count) => [
      () => rate(count, roundMs, send),
      () => rate(count, roundMs, insert.call),
    ]);
    const rates = await ratesInTurns(rounds, work);
    await insert.close();
    report(
      "Sends in PostgreSQL (a second)",
      callers.map((count, at) => ({
        name: `${count} callers${count === 32 ? " (target 0.60 x)" : ""}`,
        value: rates[2 * at]!,
        unit: "/s",
        floor: rates[2 * at + 1]!,
        floorName: "the same rows by one function",
      })),
    );
  } finally {
    await store.close();
  }
}

/** Sends from one account after another to the next. */
async function sender(store: Store): Promise<() => Promise<unknown>> {
  const names = Array.from({ length: accounts }, (_, n) => `user${n}`);
  const people = await createAccounts(store, names);
  let sent = 0;
  return () => {
    const n = sent++;
    const to = names[(n + 1) % accounts]!;
    const message = sampleMessage(people[n % accounts]!.id, { key: `key ${n}`, to: [to] });
    const copyOf = (copy: typeof message.own) => ({
      ...copy,
      envelope: randomBytes(envelopeBytes),
    });
    return store.send({
      ...message,
      body: randomBytes(bodyBytes),
      own: copyOf(message.own),
      recipients: message.recipients.map((one) => ({ ...one, copy: copyOf(one.copy) })),
    });
  };
}

/** Inserts the same rows, by as many connections. */
async function inserter(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  await pool.query(floor);
  return {
    call: () =>
      pool.query({
        name: "floor",
        text: "SELECT floor($1, $2, $3, $4)",
        values: [16, bodyBytes, envelopeBytes, envelopeBytes].map((bytes) =>
          new Uint8Array(randomBytes(bytes))
        ),
      }),
    close: () => pool.end(),
  };
}
