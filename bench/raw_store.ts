/** The floor of a store: the same bytes a message as plain rows, with the same settings, and nothing else. */
import { SqlConnection } from "../src/store/sqlite/connection.ts";
import type { SendRequest } from "./session.ts";

/** The bytes of one message as rows. */
export interface RawMessage {
  readonly body: Uint8Array;
  readonly copies: readonly { readonly bodyHeader: Uint8Array; readonly envelope: Uint8Array }[];
  readonly idempotencyKey: Uint8Array;
  readonly contentTag: Uint8Array;
}

export function rawMessageOf(request: SendRequest): RawMessage {
  const { body, own, recipients, idempotencyKey, contentTag } = request;
  const copies = [own, ...recipients.map(({ copy }) => copy)];
  return { body: body!, copies, idempotencyKey, contentTag };
}

/** How many bytes of a message there are to write. */
export function rawBytes({ body, copies, idempotencyKey, contentTag }: RawMessage): number {
  const entries = copies.flatMap(({ bodyHeader, envelope }) => [bodyHeader, envelope]);
  return [body, idempotencyKey, contentTag, ...entries].reduce(
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
      CREATE TABLE entry (id INTEGER PRIMARY KEY, body_header BLOB, envelope BLOB) STRICT;
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

  #write({ body, copies, idempotencyKey, contentTag }: RawMessage): void {
    const connection = this.#connection;
    connection.run("INSERT INTO body (data) VALUES (?)", body);
    for (const { bodyHeader, envelope } of copies) {
      const sql = "INSERT INTO entry (body_header, envelope) VALUES (?, ?)";
      connection.run(sql, bodyHeader, envelope);
    }
    const sql = "INSERT INTO message (idempotency_key, content_tag) VALUES (?, ?)";
    connection.run(sql, idempotencyKey, contentTag);
  }
}
