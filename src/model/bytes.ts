/** Bytes: the few things done with them everywhere. */

/** Bytes in ordinary memory, as Web Crypto and sockets want them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Tells the compiler that bytes are not in shared memory: mailctl never has any there. */
export function plain(bytes: Uint8Array): Bytes {
  return bytes as Bytes;
}

/** Joins pieces into bytes of their own. */
export function concatBytes(pieces: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** A stream of these bytes, in one piece; of none where there are none. */
export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  await Promise.resolve();
  if (bytes.length > 0) yield bytes;
}

/** Cuts a stream into bytes of their own, of exactly `size`; the last may be shorter. None is empty. */
export async function* rechunk(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Bytes, void> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (let chunk of source) {
    while (bytes + chunk.length >= size) {
      const taken = size - bytes;
      yield concatBytes([...waiting, chunk.subarray(0, taken)]);
      chunk = chunk.subarray(taken);
      waiting = [];
      bytes = 0;
    }
    if (chunk.length > 0) waiting.push(chunk);
    bytes += chunk.length;
  }
  if (bytes > 0) yield concatBytes(waiting);
}

/**
 * Gives the memory of bytes that nobody needs any more back at once: the collector lets 64 MiB of them gather. Bytes
 * that are part of something larger stay as they are.
 */
export function freeBytes({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Makes unpredictable bytes; at most 65,536. */
export function randomBytes(count: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Compares in time that does not depend on where the first difference is; digests of two kinds do not compile. */
export function equalBytes<B extends Uint8Array>(a: B, b: B): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

const encoder = new TextEncoder();

/** Encodes text as UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Cuts text to at most so many bytes of UTF-8, and no character in two. */
export function cutText(text: string, maxBytes: number): string {
  if (3 * text.length <= maxBytes) return text; // no UTF-16 unit takes more
  const { read } = encoder.encodeInto(text, new Uint8Array(Math.max(0, maxBytes)));
  return text.slice(0, read);
}
