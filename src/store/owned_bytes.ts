/** Makes the bytes in a value our own before it crosses to another thread. */
import { plain } from "../model/bytes.ts";

/** From so many bytes on a transfer is cheaper than the copies that cloning makes. */
const transferBytes = 4 * 1024;

export interface Owned<T> {
  readonly value: T;
  /** Of all byte strings together. */
  readonly bytes: number;
  /** The buffers to hand over with the value, each once. */
  readonly transfers: ArrayBuffer[];
}

/** Buffers that were taken and may still wait to be handed over. */
const taken = new WeakSet<ArrayBuffer>();

/**
 * Copies or takes every byte string in `value`. A long buffer that they fill for the most part, one view or many, is
 * taken: the caller touches it no more. Of others the views are copied, or each would travel with all of its buffer;
 * the copies share one buffer, for each buffer has its price on the way.
 * @throws {TypeError} for a buffer that was taken before.
 */
export function ownedBytes<T>(value: T): Owned<T> {
  const viewed = viewedBytes(value);
  const transfers: ArrayBuffer[] = [];
  let bytes = 0;
  let copied = 0;
  for (const [buffer, count] of viewed) {
    bytes += count;
    if (buffer.detached || taken.has(buffer)) {
      throw new TypeError("Cannot store bytes that were handed over before");
    }
    if (count >= transferBytes && 2 * count >= buffer.byteLength) transfers.push(buffer);
    else copied += count;
  }
  for (const buffer of transfers) taken.add(buffer);
  const copies = new Copies(copied);
  const owned = own(value, copies) as T;
  if (copied >= transferBytes) transfers.push(copies.buffer);
  return { value: owned, bytes, transfers };
}

/** Room for copies, one behind the other. */
class Copies {
  readonly buffer: ArrayBuffer;
  #filled = 0;

  constructor(bytes: number) {
    this.buffer = new ArrayBuffer(bytes);
  }

  add(bytes: Uint8Array): Uint8Array {
    const copy = new Uint8Array(this.buffer, this.#filled, bytes.length);
    copy.set(bytes);
    this.#filled += bytes.length;
    return copy;
  }
}

/** Counts the bytes that the views in `value` have of each buffer. */
function viewedBytes(value: unknown, found = new Map<ArrayBuffer, number>()) {
  if (value instanceof Uint8Array) {
    const { buffer } = plain(value);
    found.set(buffer, (found.get(buffer) ?? 0) + value.length);
  } else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) viewedBytes(inner, found);
  }
  return found;
}

function own(part: unknown, copies: Copies): unknown {
  if (part instanceof Uint8Array) return taken.has(plain(part).buffer) ? part : copies.add(part);
  if (Array.isArray(part)) return part.map((inner) => own(inner, copies));
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).map(([name, inner]) => [name, own(inner, copies)]);
  return Object.fromEntries(entries);
}
