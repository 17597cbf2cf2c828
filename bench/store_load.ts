/** Sends on a store, without the protocol in front of it; and the rows of one in PostgreSQL, by a function that checks nothing. */
import pg from "pg";
import { asAccountName } from "../src/model/address.ts";
import { randomBytes } from "../src/model/bytes.ts";
import type { Store } from "../src/store/store.ts";
import { createAccounts, sampleMessage } from "../tests/support/store_samples.ts";

const accounts = 200;
/** As many connections as the store has. */
const connections = 8;
/** Of a body, and of each of two envelopes. */
export const sizes = [13 * 1024, 5_600, 5_600] as const;

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

const names = Array.from({ length: accounts }, (_, n) => `user${n}`);

/** Makes the accounts that `sender` sends from. */
export async function createSenders(store: Store): Promise<void> {
  await createAccounts(store, names);
}

/**
 * Sends from one account after another. Each writes to the one that is farthest from it, or every send would wait for
 * the mailbox of the one before.
 */
export async function sender(store: Store): Promise<() => Promise<unknown>> {
  const ids = await Promise.all(
    names.map(async (name) => (await store.findAccount(asAccountName(name)))!.id),
  );
  const self = crypto.randomUUID();
  let sent = Math.floor(Math.random() * accounts);
  return () => {
    const n = sent++;
    const to = names[(n + accounts / 2) % accounts]!;
    const message = sampleMessage(ids[n % accounts]!, { key: `${self} ${n}`, to: [to] });
    const [body, own, copy] = sizes.map(randomBytes) as [Uint8Array, Uint8Array, Uint8Array];
    return store.send({
      ...message,
      body,
      own: { ...message.own, envelope: own },
      recipients: message.recipients.map((one) => ({
        ...one,
        copy: { ...one.copy, envelope: copy },
      })),
    });
  };
}

/** Makes the function that `inserter` calls. */
export async function createFloor(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(floor);
  await client.end();
}

/** Inserts the same rows, by as many connections. */
export function inserter(url: string): () => Promise<unknown> {
  const pool = new pg.Pool({ connectionString: url, max: connections, idleTimeoutMillis: 0 });
  return () =>
    pool.query({
      name: "floor",
      text: "SELECT floor($1, $2, $3, $4)",
      values: [16, ...sizes].map((bytes) => new Uint8Array(randomBytes(bytes))),
    });
}
