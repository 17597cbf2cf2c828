/** WIRE 5.1: the types of the fields. A type is `write(value) -> bytes` and `read(input) -> value`. */

import { insist, join, utf8 } from "./bytes.mjs";

class Input {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  take(count) {
    insist(count <= this.left, "the fields end too early");
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }

  get left() {
    return this.#bytes.length - this.#at;
  }
}

export const encode = (type, value) => type.write(value);

/** WIRE 5.1: "nothing between and nothing behind". */
export function decode(type, bytes) {
  const input = new Input(bytes);
  const value = type.read(input);
  insist(input.left === 0, "there is something behind the fields");
  return value;
}

function number(size) {
  return {
    write(value) {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
      return bytes.subarray(8 - size);
    },
    read(input) {
      const value = input.take(size).reduce((sum, byte) => sum * 256 + byte, 0);
      insist(Number.isSafeInteger(value), "a number over 2^53 - 1");
      return value;
    },
  };
}

export const u8 = number(1);
export const u16 = number(2);
export const u32 = number(4);
export const u64 = number(8);

export function word(...words) {
  return {
    write: (value) => u8.write(words.indexOf(value)),
    read(input) {
      const place = u8.read(input);
      insist(place < words.length, "an unknown word");
      return words[place];
    },
  };
}

export const bool = word(false, true);

/** A fixed number of bytes. */
export function raw(count) {
  return {
    write(value) {
      insist(value.length === count, `not ${count} bytes`);
      return value;
    },
    read: (input) => input.take(count),
  };
}

export const bytes = {
  write: (value) => join(u32.write(value.length), value),
  read: (input) => input.take(u32.read(input)),
};

export const text = {
  write: (value) => bytes.write(utf8(value)),
  read: (input) =>
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.read(input),
    ),
};

/** A missing value is `undefined`. */
export function optional(type) {
  return {
    write: (value) => value === undefined ? u8.write(0) : join(u8.write(1), type.write(value)),
    read: (input) => bool.read(input) ? type.read(input) : undefined,
  };
}

export function list(type) {
  return {
    write: (values) =>
      join(
        u32.write(values.length),
        ...values.map((value) => type.write(value)),
      ),
    read(input) {
      const count = u32.read(input);
      insist(count <= input.left, "a list longer than its bytes");
      return Array.from({ length: count }, () => type.read(input));
    },
  };
}

/** A structure: its fields one after the other, in the order they are written here. */
export function structure(fields) {
  const parts = Object.entries(fields);
  return {
    write: (value) => join(...parts.map(([name, type]) => type.write(value[name]))),
    read: (input) => Object.fromEntries(parts.map(([name, type]) => [name, type.read(input)])),
  };
}
