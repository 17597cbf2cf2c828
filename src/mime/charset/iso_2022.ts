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
  /** Put before every character: the third set of EUC-JP. */
  readonly prefix?: number;
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
  ["$(D", { ...japanese, prefix: 0x8f }],
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
const tokens = /\x1b(?:(\$?[().]?[@-J])|N([^]))|([\x0e\x0f\r\n])|[^\x1b\x0e\x0f\r\n]+|\x1b/g;
const shiftOut = "\x0e";
const shiftIn = "\x0f";

/** Decodes text of any charset whose name begins with `iso-2022-`: they differ only in what they leave out. */
export function decodeIso2022(bytes: Uint8Array): string {
  let set = ascii;
  let other = kana; // CP50222 shifts to it without choosing it
  let next = ascii;
  let isShifted = false;
  const out: string[] = [];
  for (const [text, escape, one, control] of byteString(bytes).matchAll(tokens)) {
    if (escape !== undefined) {
      set = chosen.get(escape) ?? set;
      other = shifted.get(escape) ?? other;
      next = single.get(escape) ?? next;
    } else if (one !== undefined) out.push(decodeRun(one, next));
    else if (control === shiftOut || control === shiftIn) isShifted = control === shiftOut;
    else if (control !== undefined) {
      [set, isShifted] = [ascii, false]; // RFC 1468: a line ends in ASCII
      out.push(text);
    } else out.push(decodeRun(text, isShifted ? other : set));
  }
  return out.join("");
}

/** One for each charset: a text may have as many runs as characters, and to make one takes microseconds. */
const decoders = new Map<string, TextDecoder>();

function decodeRun(text: string, set: CharacterSet): string {
  if (set === ascii && /^[\0-\x7f]*$/.test(text)) return text;
  const { charset, bit = 0, prefix } = set;
  const bytes: number[] = [];
  for (const [at, byte] of bytesOfString(text).entries()) {
    if (prefix !== undefined && at % 2 === 0) bytes.push(prefix);
    bytes.push(byte <= 0x20 ? byte : byte | bit);
  }
  const decoder = decoders.getOrInsertComputed(charset, () => new TextDecoder(charset));
  return decoder.decode(Uint8Array.from(bytes));
}

/** Decodes HZ (RFC 1843): `~{` and `~}` in the place of escapes. */
export function decodeHz(bytes: Uint8Array): string {
  return byteString(bytes).replace(
    /~(?:\{([^\n]*?)(?:~\}|(?=\n)|$)|(~)|\n)/g,
    (_, run: string | undefined, tilde = "") => run === undefined ? tilde : decodeRun(run, chinese),
  );
}
