/**
 * The typed codec of everything on the wire: WIRE.md 5. A codec writes one value and reads it back; a reader
 * checks every length against its bound before it allocates.
 */
import { utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { malformed, Reader, Writer } from "./buffer.ts";

/** Writes and reads one value. */
export interface Codec<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

/** The value a codec carries. */
export type Value<C> = C extends Codec<infer T> ? T : never;

/** Encodes one value whole. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  codec.write(writer, value);
  return writer.done();
}

/**
 * Decodes one value and expects nothing after it. Byte fields are views of `bytes`.
 * @throws {MailError} `protocol`
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.read(reader);
  reader.end();
  return value;
}

export const u8 = number(0xff, (writer, value) => writer.u8(value), (reader) => reader.u8());
export const u16 = number(0xffff, (writer, value) => writer.u16(value), (reader) => reader.u16());
export const u32 = number(
  2 ** 32 - 1,
  (writer, value) => writer.u32(value),
  (reader) => reader.u32(),
);
export const u64 = number(
  Number.MAX_SAFE_INTEGER,
  (writer, value) => writer.u64(value),
  (reader) => reader.u64(),
);

/** A whole number from 0 to `max`. */
function number(
  max: number,
  write: (writer: Writer, value: number) => void,
  read: (reader: Reader) => number,
): Codec<number> {
  return {
    write(writer, value) {
      if (!Number.isSafeInteger(value) || value < 0 || value > max) {
        throw new MailError("malformed", `Cannot encode the number ${value}: it goes to ${max}`);
      }
      write(writer, value);
    },
    read,
  };
}

export const bool: Codec<boolean> = {
  write: (w, v) => w.u8(v ? 1 : 0),
  read(reader) {
    const value = reader.u8();
    if (value > 1) throw malformed(`the truth value ${value}`);
    return value === 1;
  },
};

/** Bytes of exactly this length, without a length before them. */
export function fixed(length: number): Codec<Uint8Array> {
  return {
    write(writer, value) {
      if (value.length !== length) {
        throw new MailError(
          "malformed",
          `Cannot encode ${value.length} bytes in a field of ${length}`,
        );
      }
      writer.raw(value);
    },
    read: (reader) => reader.raw(length),
  };
}

/** Bytes behind a u32 length. */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    write(writer, value) {
      if (value.length > max) throw overLimit("a field", value.length, max);
      writer.u32(value.length);
      writer.raw(value);
    },
    read(reader) {
      const length = reader.u32();
      if (length > max) throw malformed(`a field of ${length} bytes: the limit is ${max}`);
      return reader.raw(length);
    },
  };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 behind a u32 length in bytes. Not valid UTF-8 is refused. */
export function text(maxBytes: number): Codec<string> {
  const inner = bytes(maxBytes);
  return {
    write: (writer, value) => inner.write(writer, utf8(value)),
    read(reader) {
      const encoded = inner.read(reader);
      try {
        return decoder.decode(encoded);
      } catch {
        throw malformed("text that is not UTF-8");
      }
    },
  };
}

/** A value that is told apart by its type once it was read. */
export function branded<T, B extends T>(inner: Codec<T>, make: (value: T) => B): Codec<B> {
  return { write: inner.write, read: (reader) => make(inner.read(reader)) };
}

/** Text that a pattern describes; other text is refused when read. */
export function matching(inner: Codec<string>, pattern: RegExp): Codec<string> {
  return {
    write: inner.write,
    read(reader) {
      const value = inner.read(reader);
      if (!pattern.test(value)) throw malformed(`text that is not ${pattern}`);
      return value;
    },
  };
}

/** A u32 count, then the items. */
export function list<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    write(writer, values) {
      if (values.length > max) throw overLimit("a list", values.length, max, "items");
      writer.u32(values.length);
      for (const value of values) item.write(writer, value);
    },
    read(reader) {
      const count = reader.u32();
      if (count > max) throw malformed(`a list of ${count} items: the limit is ${max}`);
      const values: T[] = []; // grows as items really arrive
      for (let i = 0; i < count; i++) values.push(item.read(reader));
      return values;
    },
  };
}

/** One byte, 0 for null or 1, then the value. */
export function optional<T>(item: Codec<T>): Codec<T | null> {
  return {
    write(writer, value) {
      bool.write(writer, value !== null);
      if (value !== null) item.write(writer, value);
    },
    read: (reader) => bool.read(reader) ? item.read(reader) : null,
  };
}

/** One of a fixed list of words, as its place in the list. */
export function word<const W extends readonly string[]>(words: W): Codec<W[number]> {
  return {
    write: (writer, value) => u8.write(writer, words.indexOf(value)),
    read(reader) {
      const index = reader.u8();
      const found = words[index];
      if (found === undefined) throw malformed(`the word number ${index}`);
      return found;
    },
  };
}

type Fields = Readonly<Record<string, Codec<unknown>>>;
// deno-lint-ignore no-explicit-any
type AnyFields = Readonly<Record<string, Codec<any>>>;
type Struct<F extends AnyFields> = { readonly [K in keyof F]: Value<F[K]> };

/** Fields one after the other, in the order they are written down. */
export function struct<F extends AnyFields>(fields: F): Codec<Struct<F>> {
  const entries = Object.entries(fields as Fields);
  return {
    write(writer, value) {
      for (const [name, codec] of entries) {
        codec.write(writer, (value as Record<string, unknown>)[name]);
      }
    },
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      return value as Struct<F>;
    },
  };
}

/** A layout behind one byte that says which it is: only this one is understood. */
export function versioned<T>(only: number, layout: Codec<T>): Codec<T> {
  return {
    write(writer, value) {
      writer.u8(only);
      layout.write(writer, value);
    },
    read(reader) {
      const found = reader.u8();
      if (found !== only) throw malformed(`version ${found} of a layout: ${only} is known`);
      return layout.read(reader);
    },
  };
}

/** A layout filled up with zeros to a multiple of so many bytes, so that its length tells little. Nothing comes behind it. */
export function padded<T>(layout: Codec<T>, multiple: number): Codec<T> {
  return {
    write(writer, value) {
      const encoded = encode(layout, value);
      writer.raw(encoded);
      writer.raw(new Uint8Array((multiple - encoded.length % multiple) % multiple));
    },
    read(reader) {
      const before = reader.left;
      const value = layout.read(reader);
      const isFilledUp = before % multiple === 0 && reader.left < multiple &&
        reader.raw(reader.left).every((byte) => byte === 0);
      if (!isFilledUp) throw malformed(`what is not filled up to ${multiple} bytes`);
      return value;
    },
  };
}

/** One of several layouts behind one byte, its place among them; a value says which by its `kind`. */
export function variant<L extends AnyFields>(layouts: L): Codec<Variant<L>> {
  const kinds = Object.keys(layouts);
  const kind = word(kinds);
  return {
    write(writer, value) {
      kind.write(writer, value.kind);
      layouts[value.kind]!.write(writer, value);
    },
    read(reader) {
      const found = kind.read(reader);
      return { kind: found, ...layouts[found]!.read(reader) as object } as Variant<L>;
    },
  };
}

type Variant<L extends AnyFields> = {
  readonly [K in keyof L & string]: { readonly kind: K } & Value<L[K]>;
}[keyof L & string];

function overLimit(what: string, count: number, max: number, unit = "bytes"): MailError {
  return new MailError(
    "too_large",
    `Cannot encode ${what} of ${count} ${unit}: the limit is ${max}`,
  );
}
