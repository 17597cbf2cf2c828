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
 * Makes every byte string in `value` fit to travel. A long buffer that they fill for the most part, one view or many, is
 * taken: the caller touches it no more. What is all of a short buffer goes as it is; nobody changes it meanwhile. Of
 * others the views are copied, or each would travel with all of its buffer; the copies share one buffer, for each buffer
 * has its price on the way.
 * @throws {TypeError} for a buffer that was taken before.
 */
export function ownedBytes<T>(value: T): Owned<T> {
  const viewed = viewedBytes(value);
  const transfers: ArrayBuffer[] = [];
  let bytes = 0;
  let copied = 0;
  for (const [buffer, { all, parts }] of viewed) {
    bytes += all;
    if (buffer.detached || taken.has(buffer)) {
      throw new TypeError("Cannot store bytes that were handed over before");
    }
    if (all >= transferBytes && 2 * all >= buffer.byteLength) transfers.push(buffer);
    else copied += parts;
  }
  for (const buffer of transfers) taken.add(buffer);
  if (copied === 0) return { value, bytes, transfers };
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

/** Bytes of a buffer that there are views of. */
interface Viewed {
  all: number;
  /** In views that are not the whole of it. */
  parts: number;
}

/** Counts the bytes that the views in `value` have of each buffer. */
function viewedBytes(value: unknown, found = new Map<ArrayBuffer, Viewed>()) {
  if (value instanceof Uint8Array) {
    const { buffer } = plain(value);
    const viewed = found.getOrInsertComputed(buffer, () => ({ all: 0, parts: 0 }));
    viewed.all += value.length;
    if (value.length < buffer.byteLength) viewed.parts += value.length;
  } else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) viewedBytes(inner, found);
  }
  return found;
}

function own(part: unknown, copies: Copies): unknown {
  if (part instanceof Uint8Array) {
    const { buffer } = plain(part);
    return part.length === buffer.byteLength || taken.has(buffer) ? part : copies.add(part);
  }
  if (Array.isArray(part)) return part.map((inner) => own(inner, copies));
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).map(([name, inner]) => [name, own(inner, copies)]);
  return Object.fromEntries(entries);
}
