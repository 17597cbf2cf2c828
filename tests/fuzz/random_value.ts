/** Random values of any layout: a reader that makes its bytes up, so that no layout is written down twice. */
import { type Bytes, utf8 } from "../../src/model/bytes.ts";
import { Reader } from "../../src/wire/buffer.ts";
import type { Codec } from "../../src/wire/fields.ts";

/** Gives numbers below 2^32. */
export type Random = () => number;

/** Makes a value that the codec can carry. The same random numbers give the same value. */
export function randomValue<T>(codec: Codec<T>, random: Random): T {
  return codec.read(new InventingReader(random));
}

/** Makes that many random bytes. */
export function randomRun(random: Random, count: number): Bytes {
  return Uint8Array.from({ length: count }, random);
}

/** UTF-8 of 1, 2, 3 and 4 bytes; a mark that decoders like to swallow; and what must not end a text. */
const characters = ["a", "\0", "é", "€", "\ufeff", "😀"].map(utf8);

class InventingReader extends Reader {
  readonly #random: Random;
  #behindLength = false;

  constructor(random: Random) {
    super(new Uint8Array(0));
    this.#random = random;
  }

  /** A truth value, or a place in a list of two words at least. */
  override u8(): number {
    return this.#random() % 2;
  }

  override u16(): number {
    return this.#random() % 2 ** 16;
  }

  /** Small, since it may be a length or a count. */
  override u32(): number {
    this.#behindLength = true;
    return this.#random() % (this.#random() % 6 === 0 ? 40 : 4);
  }

  override u64(): number {
    return (this.#random() % 2 ** 21) * 2 ** 32 + this.#random();
  }

  /** Behind a length it may be a text. */
  override raw(count: number): Bytes {
    const isText = this.#behindLength;
    this.#behindLength = false;
    return isText ? this.#text(count) : randomRun(this.#random, count);
  }

  #text(count: number): Bytes {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const character = characters[this.#random() % characters.length]!;
      if (at + character.length > count) continue;
      bytes.set(character, at);
      at += character.length;
    }
    return bytes;
  }
}
