/** Copies of a message in mailboxes, in SQL. */
import { concatBytes } from "../../../model/bytes.ts";
import { entryColumns, entryValues, type NewEntry, type SharedByCopies } from "../../rules/rows.ts";
import type { StoredCopy } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";

/** Copies as a statement takes them: envelopes in one string of bytes, which travels as it is, not as text. */
export interface PackedCopies {
  readonly digests: readonly Uint8Array[];
  /** Where each envelope begins; 1 is the first byte. */
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
  readonly envelopes: Uint8Array;
}

export function packed(copies: readonly StoredCopy[]): PackedCopies {
  const lengths = copies.map(({ envelope }) => envelope.length);
  let next = 1;
  return {
    digests: copies.map(({ envelopeDigest }) => envelopeDigest),
    starts: lengths.map((length) => (next += length) - length),
    lengths,
    envelopes: concatBytes(copies.map(({ envelope }) => envelope)),
  };
}

const insertion =
  `INSERT INTO entry (${entryColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`;

/** Adds an entry; whoever is to hear of it, the caller tells. */
export async function insertEntry(
  connection: SqlConnection,
  shared: SharedByCopies,
  entry: NewEntry,
): Promise<void> {
  await connection.run(insertion, ...entryValues(shared, entry));
}
