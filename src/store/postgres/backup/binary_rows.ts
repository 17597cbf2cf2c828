/** Rows in the binary format of COPY: https://www.postgresql.org/docs/current/sql-copy.html. */
import type { CopiedRow, CopiedValue } from "../../table_copy.ts";

export interface TypedColumn {
  readonly name: string;
  /** No other type is in a backup. */
  readonly type: "bigint" | "bytea" | "text";
}

/** Bytes that are handed out at once, unless one row has more. */
const pieceBytes = 256 * 1024;

/** A signature, no flags, and no extension. */
const header = Uint8Array.of(...[80, 71, 67, 79, 80, 89, 10, 255, 13, 10, 0], ...new Uint8Array(8));
/** Of the count of fields that begins a row; a last one, of -1, ends all. */
const countBytes = 2;
const endOfRows = -1;
const nullLength = -1;
const beyondInt32 = 2 ** 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes rows, with all that comes before and after them. A piece holds until the next is asked for. */
export async function* encodeRows(
  rows: AsyncIterable<readonly CopiedRow[]>,
  columns: readonly TypedColumn[],
): AsyncGenerator<Uint8Array> {
  let piece = new Piece(pieceBytes);
  piece.bytes(header);
  for await (const some of rows) {
    for (const row of some) {
      const values = columns.map(({ name }) => row[name]!);
      const most = values.reduce((sum: number, value) => sum + mostBytes(value), 2 * countBytes);
      if (!piece.hasRoom(most)) {
        yield piece.taken();
        piece = piece.emptied(most);
      }
      piece.count(values.length);
      for (const value of values) piece.value(value);
    }
  }
  piece.count(endOfRows);
  yield piece.taken();
}

/** The most that a value takes, with its length: a character has three bytes at most for each unit of UTF-16. */
function mostBytes(value: CopiedValue): number {
  if (typeof value === "number") return 12;
  return 4 + (value === null ? 0 : typeof value === "string" ? 3 * value.length : value.length);
}

class Piece {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  hasRoom(bytes: number): boolean {
    return this.#at + bytes <= this.#bytes.length;
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** An empty piece that has room for so many bytes: this one, or a longer one. */
  emptied(bytes: number): Piece {
    this.#at = 0;
    return this.hasRoom(bytes) ? this : new Piece(bytes);
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  count(value: number): void {
    this.#view.setInt16(this.#at, value);
    this.#at += countBytes;
  }

  value(value: CopiedValue): void {
    if (value === null) {
      this.#int32(nullLength);
    } else if (typeof value === "number") {
      this.#int32(8);
      this.#int32(Math.floor(value / beyondInt32));
      this.#int32(value);
    } else if (typeof value === "string") {
      const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#at + 4));
      this.#int32(written);
      this.#at += written;
    } else {
      this.#int32(value.length);
      this.bytes(value);
    }
  }

  /** Of a number that is longer, the low bits. */
  #int32(value: number): void {
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }
}

/** Decodes whole rows: the first, which the header precedes, or a later part. What is bytes is a view of `part`. */
export function decodeRows(
  part: Uint8Array,
  columns: readonly TypedColumn[],
  { isFirst }: { readonly isFirst: boolean },
): CopiedRow[] {
  const view = new DataView(part.buffer, part.byteOffset, part.length);
  const rows: CopiedRow[] = [];
  let at = isFirst ? header.length : 0;
  while (at < part.length) {
    const fields = view.getInt16(at);
    at += countBytes;
    if (fields === endOfRows) break;
    const row: Record<string, CopiedValue> = {};
    for (const { name, type } of columns) {
      const length = view.getInt32(at);
      at += 4;
      row[name] = length === nullLength ? null : decoded(part.subarray(at, at + length), type);
      at += Math.max(0, length);
    }
    rows.push(row);
  }
  return rows;
}

function decoded(bytes: Uint8Array, type: TypedColumn["type"]): CopiedValue {
  if (type === "bytea") return bytes;
  if (type === "text") return decoder.decode(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return view.getInt32(0) * beyondInt32 + view.getUint32(4);
}
