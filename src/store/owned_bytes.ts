/** Makes the bytes in a value our own before it crosses to another thread, and gives them back after it has. */

/** Above this a transfer is cheaper than the copy that cloning makes. */
const transferBytes = 16 * 1024;

export interface Owned<T> {
  readonly value: T;
  /** Of all byte strings together. */
  readonly bytes: number;
  /** The buffers to hand over with the value; each is used by one view in it only. */
  readonly transfers: ArrayBuffer[];
}

/**
 * Copies or takes every byte string in `value`. A view of part of a buffer is copied, or all of the buffer
 * would travel with it; a large one that fills its buffer is taken, and is empty for the caller from then on.
 * @throws {TypeError} for a buffer that was taken before.
 */
export function ownedBytes<T>(value: T): Owned<T> {
  const transfers: ArrayBuffer[] = [];
  let bytes = 0;
  const own = (part: unknown): unknown => {
    if (part instanceof Uint8Array) {
      bytes += part.length;
      return ownView(part, transfers);
    }
    if (Array.isArray(part)) return part.map(own);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, own(inner)]));
  };
  return { value: own(value) as T, bytes, transfers };
}

function ownView(view: Uint8Array, transfers: ArrayBuffer[]): Uint8Array {
  const { buffer } = view;
  if (buffer instanceof ArrayBuffer && buffer.detached) {
    throw new TypeError("Cannot store bytes that were handed over before");
  }
  const whole = view.length === buffer.byteLength;
  if (view.length < transferBytes) return whole ? view : view.slice();
  const own = whole && buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer.transfer())
    : view.slice() as Uint8Array<ArrayBuffer>;
  transfers.push(own.buffer);
  return own;
}

/**
 * Gives the memory of bytes that nobody needs any more back at once: the collector lets 64 MiB of them gather.
 * Bytes that are part of something larger stay as they are.
 */
export function freeBytes({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
