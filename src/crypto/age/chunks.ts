/** Streams cut to the sizes that age files are made of. */
import { type Bytes, concatBytes, rechunk } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";

export interface Chunk {
  readonly bytes: Bytes;
  readonly isLast: boolean;
}

/**
 * Cuts a stream to chunks of exactly `size`, whose bytes are their own. The last may be shorter; it is empty where there
 * is nothing at all.
 */
export async function* cutChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Chunk, void> {
  let held: Bytes | null = null;
  for await (const bytes of rechunk(source, size)) {
    if (held !== null) yield { bytes: held, isLast: false };
    held = bytes;
  }
  yield { bytes: held ?? new Uint8Array(0), isLast: true };
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
