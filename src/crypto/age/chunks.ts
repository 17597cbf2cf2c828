/** Streams cut to the sizes that age files are made of. */
import { type Bytes, concatBytes } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";

export interface Chunk {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/** Cuts a stream to chunks of exactly `size`. The last may be shorter; it is empty where there is nothing at all. */
export async function* cutChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Chunk, void> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (let piece of source) {
    while (length + piece.length > size) {
      const bytes = joined([...waiting, piece.subarray(0, size - length)]);
      piece = piece.subarray(size - length);
      waiting = [];
      length = 0;
      yield { bytes, isLast: false };
    }
    if (piece.length > 0) waiting.push(piece);
    length += piece.length;
  }
  yield { bytes: joined(waiting), isLast: true };
}

/**
 * Reads the first bytes of a stream, and hands them with the rest to `use`. Giving up what that makes gives the stream up.
 * @throws {MailError} `bad_signature` where there are fewer
 */
export async function* withStart<T>(
  source: AsyncIterable<Uint8Array>,
  size: number,
  use: (start: Bytes, rest: AsyncIterable<Uint8Array>) => AsyncIterable<T>,
): AsyncGenerator<T, void> {
  const pieces = source[Symbol.asyncIterator]();
  try {
    let seen: Bytes = new Uint8Array(0);
    while (seen.length < size) {
      const { value, done } = await pieces.next();
      if (done) throw sealBroken();
      seen = concatBytes([seen, value]);
    }
    const left = [seen.subarray(size)];
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      const value = left.pop();
      return value === undefined ? await pieces.next() : { value };
    };
    yield* use(seen.slice(0, size), { [Symbol.asyncIterator]: () => ({ next }) });
  } finally {
    await pieces.return?.();
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0]! : concatBytes(pieces);
}
