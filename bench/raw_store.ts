/** The floor of a store: the same bytes a message as plain rows, with the same settings, and nothing else. */
import { SqlConnection } from "../src/store/sqlite/connection.ts";
import type { SendRequest } from "./session.ts";

/** The bytes of one message as rows. */
export interface RawMessage {
  readonly body: Uint8Array;
  readonly envelopes: readonly Uint8Array[];
  readonly idempotencyKey: Uint8Array;
  readonly contentTag: Uint8Array;
}

export function rawMessageOf(request: SendRequest): RawMessage {
  const { body, own, recipients, idempotencyKey, contentTag } = request;
  const envelopes = [own, ...recipients.map(({ envelope }) => envelope)];
  return { body: body!, envelopes, idempotencyKey, contentTag };
}

/** How many bytes of a message there are to write. */
export function rawBytes({ body, envelopes, idempotencyKey, contentTag }: RawMessage): number {
  return [body, idempotencyKey, contentTag, ...envelopes].reduce(
    (sum, { length }) => sum + length,
    0,
  );
}

/** A database of plain rows. The connection is the store's own: it has the settings, and adds next to nothing. */
export class RawStore {
  readonly #connection: SqlConnection;

  constructor(path: string) {
    this.#connection = new SqlConnection(path);
    this.#connection.execute(`
      CREATE TABLE body (id INTEGER PRIMARY KEY, data BLOB) STRICT;
      CREATE TABLE entry (id INTEGER PRIMARY KEY, envelope BLOB) STRICT;
      CREATE TABLE message (id INTEGER PRIMARY KEY, idempotency_key BLOB, content_tag BLOB) STRICT;
    `);
  }

  /** Writes messages in one transaction. */
  commit(messages: readonly RawMessage[]): void {
    this.#connection.transaction("IMMEDIATE", () => messages.forEach((one) => this.#write(one)));
  }

  close(): void {
    this.#connection.close();
  }

  #write({ body, envelopes, idempotencyKey, contentTag }: RawMessage): void {
    const connection = this.#connection;
    connection.run("INSERT INTO body (data) VALUES (?)", body);
    for (const envelope of envelopes) {
      connection.run("INSERT INTO entry (envelope) VALUES (?)", envelope);
    }
    const sql = "INSERT INTO message (idempotency_key, content_tag) VALUES (?, ?)";
    connection.run(sql, idempotencyKey, contentTag);
  }
}
