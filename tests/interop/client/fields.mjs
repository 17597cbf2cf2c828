/** WIRE 5.1: the types of fields. Each writes a value as bytes, and reads one from a cursor. */
import { Buffer, join } from "./bytes.mjs";

const mostU64 = 2 ** 53 - 1;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads bytes from the first to the last. */
class Cursor {
  #at = 0;

  constructor(bytes) {
    this.bytes = bytes;
  }

  get rest() {
    return this.bytes.subarray(this.#at);
  }

  take(count) {
    if (count > this.bytes.length - this.#at) {
      throw new Error("fields are cut short");
    }
    this.#at += count;
    return this.bytes.subarray(this.#at - count, this.#at);
  }
}

/** Reads a structure that fills the bytes: nothing stands behind it. */
export function decode(type, bytes) {
  const cursor = new Cursor(bytes);
  const value = type.read(cursor);
  if (cursor.rest.length > 0) throw new Error("bytes behind the last field");
  return value;
}

/** Reads a structure that is filled up with zeros (9.3, 9.4). */
export function decodePadded(type, bytes) {
  const cursor = new Cursor(bytes);
  const value = type.read(cursor);
  if (cursor.rest.some((byte) => byte !== 0)) {
    throw new Error("not filled up with zeros");
  }
  return value;
}

export function encode(type, value) {
  return type.write(value);
}

export const nothingAtAll = { write: () => Buffer.alloc(0), read: () => ({}) };
export const u8 = number(1);
export const u16 = number(2);
export const u32 = number(4);

export const u64 = {
  write(value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
  },
  read(cursor) {
    const value = Number(cursor.take(8).readBigUInt64BE());
    if (value > mostU64) throw new Error("a u64 is over its bound");
    return value;
  },
};

export const bool = word(false, true);

/** `u8 1`: the first form of a structure, and the only one so far. Any other does not open. */
export const firstForm = {
  write: () => u8.write(1),
  read: (cursor) => u8.read(cursor) === 1 ? 1 : fail("not of the first form"),
};

export const bytes = {
  write: (value) => join(u32.write(value.length), value),
  read: (cursor) => cursor.take(u32.read(cursor)),
};

export const text = {
  write: (value) => bytes.write(Buffer.from(value)),
  read: (cursor) => strict.decode(bytes.read(cursor)),
};

/** "A number of bytes". */
export function fixed(count) {
  return {
    write(value) {
      if (value.length !== count) {
        throw new Error(`${count} bytes expected, not ${value.length}`);
      }
      return value;
    },
    read: (cursor) => cursor.take(count),
  };
}

/** Absent is null. */
export function optional(type) {
  return {
    write: (value) => value == null ? u8.write(0) : join(u8.write(1), type.write(value)),
    read: (cursor) => bool.read(cursor) ? type.read(cursor) : null,
  };
}

export function list(type) {
  return {
    write: (values) => join(u32.write(values.length), ...values.map(type.write)),
    read: (cursor) => readTimes(u32.read(cursor), type, cursor),
  };
}

/** A word of a list, by its place from 0. */
export function word(...words) {
  return {
    write(value) {
      if (!words.includes(value)) throw new Error(`no such word: ${value}`);
      return u8.write(words.indexOf(value));
    },
    read(cursor) {
      const place = u8.read(cursor);
      if (place >= words.length) {
        throw new Error(`no word has the place ${place}`);
      }
      return words[place];
    },
  };
}

/** Named fields, one after the other. A name that begins with "..." stands for fields of this same structure. */
export function struct(fields) {
  const entries = Object.entries(fields);
  const isPart = (name) => name.startsWith("...");
  return {
    write: (value) =>
      join(...entries.map(([name, type]) => type.write(isPart(name) ? value : value[name]))),
    read(cursor) {
      const value = {};
      for (const [name, type] of entries) {
        const found = type.read(cursor);
        isPart(name) ? Object.assign(value, found) : value[name] = found;
      }
      return value;
    },
  };
}

/** One of several structures, which the first byte tells apart: the field `name`, by which `forms` has them. */
export function choice(name, forms) {
  const formOf = (byte) => forms[byte] ?? fail(`no form ${byte}`);
  return {
    write: (value) => join(u8.write(value[name]), formOf(value[name]).write(value)),
    read(cursor) {
      const byte = u8.read(cursor);
      return { [name]: byte, ...formOf(byte).read(cursor) };
    },
  };
}

function number(count) {
  return {
    write(value) {
      const bytes = Buffer.alloc(count);
      bytes.writeUIntBE(value, 0, count);
      return bytes;
    },
    read: (cursor) => cursor.take(count).readUIntBE(0, count),
  };
}

function readTimes(count, type, cursor) {
  const values = [];
  for (let at = 0; at < count; at += 1) values.push(type.read(cursor));
  return values;
}

function fail(why) {
  throw new Error(why);
}
