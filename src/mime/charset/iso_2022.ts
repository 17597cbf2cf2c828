/**
 * ISO 2022 in seven bits, as Japanese, Korean and Chinese programs write it (RFC 1468, 1554, 1557, 1922): escapes that
 * choose a set, and shifts between two. The runtime knows one of its forms, and makes U+FFFD of an escape that
 * follows another. Never throws; linear.
 */
import { bytesOfString, byteString } from "../byte_string.ts";

/** How the bytes of a set are handed to a decoder that the runtime has. */
interface CharacterSet {
  readonly charset: string;
  /** Set in every byte: the runtime's decoders want these sets in the upper half. */
  readonly bit?: number;
  /** The byte before every character: the third set of EUC-JP. */
  readonly prefix?: string;
}

const ascii: CharacterSet = { charset: "utf-8" };
const kana: CharacterSet = { charset: "shift_jis", bit: 0x80 };
const japanese: CharacterSet = { charset: "euc-jp", bit: 0x80 };
const korean: CharacterSet = { charset: "euc-kr", bit: 0x80 };
const chinese: CharacterSet = { charset: "gbk", bit: 0x80 };

/** What follows ESC, and the set that it chooses. */
const chosen: ReadonlyMap<string, CharacterSet> = new Map([
  ["(B", ascii],
  ["(J", ascii], // JIS X 0201 Roman: a yen sign for a backslash, which programs do not mean
  ["(I", kana],
  ["$@", japanese],
  ["$B", japanese],
  ["$(D", { ...japanese, prefix: "\x8f" }],
  ["$(@", japanese],
  ["$(B", japanese],
  ["$A", chinese],
  ["$(A", chinese],
  ["$(C", korean],
]);

/** What follows ESC, and the set that the bytes between SO and SI are of. */
const shifted: ReadonlyMap<string, CharacterSet> = new Map([
  ["$)C", korean],
  ["$)A", chinese],
  [")I", kana],
]);

/** What follows ESC, and the set of the one character behind `ESC N`. */
const single: ReadonlyMap<string, CharacterSet> = new Map([
  [".A", { charset: "iso-8859-1", bit: 0x80 }],
  [".F", { charset: "iso-8859-7", bit: 0x80 }],
]);

// deno-lint-ignore no-control-regex
const tokens = /\x1b(?:(\$?[().]?[@-J])|N([^\r\n]))|([\x0e\x0f\r\n])|[^\x1b\x0e\x0f\r\n]+|\x1b/g;
const shiftOut = "\x0e";
const shiftIn = "\x0f";

/** Decodes text of any charset whose name begins with `iso-2022-`: they differ only in what they leave out. */
export function decodeIso2022(bytes: Uint8Array): string {
  let set = ascii;
  let other = kana; // CP50222 shifts to it without choosing it
  let next = ascii;
  let isShifted = false;
  const out = new Runs();
  for (const [text, escape, one, control] of byteString(bytes).matchAll(tokens)) {
    if (escape !== undefined) {
      set = chosen.get(escape) ?? set;
      other = shifted.get(escape) ?? other;
      next = single.get(escape) ?? next;
    } else if (one !== undefined) out.add(one, next);
    else if (control === shiftOut || control === shiftIn) isShifted = control === shiftOut;
    else if (control !== undefined) {
      [set, isShifted] = [ascii, false]; // RFC 1468: a line ends in ASCII
      out.addDecoded(text);
    } else out.add(text, isShifted ? other : set);
  }
  return out.decode();
}

/** Decodes HZ (RFC 1843): `~{` and `~}` in the place of escapes. */
export function decodeHz(bytes: Uint8Array): string {
  const out = new Runs();
  const runs = /~(?:\{([^\n]*?)(?:~\}|(?=\n)|$)|(~)|\n)|[^~]+|~/g;
  for (const [text, run, tilde] of byteString(bytes).matchAll(runs)) {
    if (run !== undefined) out.add(run, chinese);
    else if (text !== "~\n") out.addDecoded(tilde ?? text);
  }
  return out.decode();
}

/** A text in runs of several sets, none of which has a line feed in it. It may have as many runs as characters. */
class Runs {
  /** What is decoded, and in the place of each other run its set. */
  readonly #text: (string | CharacterSet)[] = [];
  readonly #runs = new Map<CharacterSet, string[]>();

  add(run: string, set: CharacterSet): void {
    if (set === ascii && /^[\0-\x7f]*$/.test(run)) return this.addDecoded(run);
    this.#text.push(set);
    this.#runs.getOrInsertComputed(set, () => []).push(run);
  }

  addDecoded(text: string): void {
    this.#text.push(text);
  }

  decode(): string {
    const decoded = new Map([...this.#runs].map(([set, runs]) => [set, decodeAtOnce(runs, set)]));
    const textOf = (set: CharacterSet) => decoded.get(set)!.next().value;
    return this.#text.map((part) => typeof part === "string" ? part : textOf(part)).join("");
  }
}

/** Each run decoded, in order. A line feed ends also a character that is cut off. */
function decodeAtOnce(runs: readonly string[], set: CharacterSet): Iterator<string> {
  const { charset, bit = 0, prefix = "" } = set;
  const text = runs.join("\n");
  const prefixed = prefix === "" ? text : text.replaceAll(/[^\n]{1,2}/g, (pair) => prefix + pair);
  const bytes = bytesOfString(prefixed).map((byte) => byte <= 0x20 ? byte : byte | bit);
  return new TextDecoder(charset).decode(bytes).split("\n").values();
}
