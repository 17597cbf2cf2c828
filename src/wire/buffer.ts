/** Bytes written and read field by field; a reader trusts no length. */
import { MailError } from "../model/errors.ts";

/** Collects encoded fields; grows as needed. */
export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  /** Returns what was written so far. The bytes stay the writer's until the next write. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#used);
  }

  u8(value: number): void {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#take(2);
    this.#view.setUint16(at, value);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value);
  }

  u64(value: number): void {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt(value));
  }

  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** May replace the buffer and its view: they are looked up only after it. */
  #take(count: number): number {
    const at = this.#used;
    if (at + count > this.#bytes.length) this.#grow(at + count);
    this.#used = at + count;
    return at;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Reads fields in order; anything that does not fit is a `protocol` error. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4));
  }

  /** @throws {MailError} `protocol` above 2^53 - 1. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#skip(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`the number ${value}`);
    return Number(value);
  }

  /** Returns a view of the next bytes, not a copy. */
  raw(count: number): Uint8Array<ArrayBuffer> {
    const at = this.#skip(count);
    return this.#bytes.subarray(at, at + count) as Uint8Array<ArrayBuffer>;
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws {MailError} `protocol` where bytes are left over. */
  end(): void {
    if (this.left > 0) throw malformed(`${this.left} bytes after the last field`);
  }

  #skip(count: number): number {
    const at = this.#at;
    if (count > this.left) throw malformed(`a field of ${count} bytes: ${this.left} are left`);
    this.#at = at + count;
    return at;
  }
}

/** Says what of the peer's bytes cannot be understood. */
export function malformed(what: string): MailError {
  return new MailError("protocol", `Cannot decode ${what}`);
}
