/** Streams of chunks: as blocks of a useful size, so that one-byte chunks cost no more than others; bounded; joined. */
import { ByteCounter } from "../model/byte_counter.ts";
import { type Bytes, concatBytes } from "../model/bytes.ts";

const minBlockBytes = 16 * 1024;
const maxBlockBytes = 64 * 1024;

/** Joins chunks to 16 KiB or more, and cuts them to 64 KiB or less; large ones are not copied. */
export async function* reblock(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let small = new Uint8Array();
  let filled = 0;
  for await (const chunk of source) {
    const needed = filled + chunk.length;
    if (needed < minBlockBytes) {
      if (needed > small.length) small = grown(small.subarray(0, filled), needed);
      small.set(chunk, filled);
      filled = needed;
      continue;
    }
    if (filled > 0) {
      yield small.subarray(0, filled);
      small = new Uint8Array();
      filled = 0;
    }
    for (let at = 0; at < chunk.length; at += maxBlockBytes) {
      yield chunk.subarray(at, at + maxBlockBytes);
    }
  }
  if (filled > 0) yield small.subarray(0, filled);
}

/** Room for as many bytes as are needed, and at least twice what there was: most messages are shorter than a block. */
function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const room = new Uint8Array(Math.min(minBlockBytes, Math.max(needed, 2 * bytes.length)));
  room.set(bytes);
  return room;
}

/** Hands a stream on up to so many bytes; the piece that goes over them fails with what `tooMany` says of all so far. */
export function boundBytes(
  source: AsyncIterable<Uint8Array>,
  most: number,
  tooMany: (bytes: number) => Error,
): AsyncGenerator<Uint8Array, void> {
  return new ByteCounter((bytes) => {
    if (bytes > most) throw tooMany(bytes);
  }).pass(source);
}

/** Hands a stream on up to so many bytes, and leaves the rest unread: then `onCut` hears of it. */
export async function* cutBytes(
  source: AsyncIterable<Uint8Array>,
  most: number,
  onCut: () => void,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const chunk of source) {
    yield chunk.subarray(0, most - bytes);
    bytes += chunk.length;
    if (bytes > most) return onCut();
  }
}

/** Puts bytes that were read ahead in front of the rest of their stream. Giving it up gives the stream up. */
export async function* startWith(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (first.length > 0) yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

/** Reads the beginning of a stream: so many bytes or a piece more, or all that it has. `all` gives it with the rest. */
export async function peekStart(
  source: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<{ readonly start: Bytes; readonly all: AsyncGenerator<Uint8Array, void> }> {
  const rest = source[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  for (let count = 0; count < bytes;) {
    const { value, done } = await rest.next();
    if (done) break;
    pieces.push(value.slice());
    count += value.length;
  }
  const start = concatBytes(pieces);
  return { start, all: startWith(start, rest) };
}

/** The first bytes of a stream. */
export class StartOf {
  readonly #pieces: Uint8Array[] = [];
  #room: number;
  /** True where more came than is kept. */
  isCut = false;

  constructor(maxBytes: number) {
    this.#room = maxBytes;
  }

  take(piece: Uint8Array): void {
    if (this.#room > 0) this.#pieces.push(piece.slice(0, this.#room));
    this.isCut ||= piece.length > this.#room;
    this.#room = Math.max(0, this.#room - piece.length);
  }

  /** Hands a stream on, and keeps its first bytes. */
  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const piece of source) {
      this.take(piece);
      yield piece;
    }
  }

  bytes(): Uint8Array {
    return concatBytes(this.#pieces);
  }
}
