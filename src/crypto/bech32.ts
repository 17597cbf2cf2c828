/** Keys as age writes them: Bech32 (BIP 173), without its bound of 90 characters. */
import type { Bytes } from "../model/bytes.ts";

const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const checksumWords = 6;

/** The word of each character; 255: it has none. */
const wordOf = new Uint8Array(128).fill(255);
for (let word = 0; word < 32; word++) wordOf[alphabet.charCodeAt(word)] = word;

/** What the five highest bits of a checksum add to the next one: a recipient has 1,952 words. */
const added = Uint32Array.from(
  { length: 32 },
  (_, top) => generator.reduce((sum, each, bit) => top >> bit & 1 ? sum ^ each : sum, 0),
);

/** Encodes in lower case, behind `prefix` and a 1. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const { groups, rest, restBits } = regroup(bytes, 8, 5);
  const words = restBits === 0 ? groups : [...groups, rest << (5 - restBits)];
  const sum = checksum(prefix, [...words, ...Array<number>(checksumWords).fill(0)]) ^ 1;
  for (let at = checksumWords - 1; at >= 0; at--) words.push(sum >> (5 * at) & 31);
  return `${prefix}1${words.map((word) => alphabet[word]).join("")}`;
}

/** Decodes lower case; null for another prefix, a wrong checksum or bits too many. */
export function decodeBech32(prefix: string, text: string): Bytes | null {
  if (!text.startsWith(`${prefix}1`)) return null;
  const words = new Uint8Array(text.length - prefix.length - 1);
  for (let at = 0; at < words.length; at++) {
    const word = wordOf[text.charCodeAt(prefix.length + 1 + at)] ?? 255;
    if (word === 255) return null;
    words[at] = word;
  }
  if (words.length < checksumWords || checksum(prefix, words) !== 1) return null;
  const { groups, rest, restBits } = regroup(words.subarray(0, -checksumWords), 5, 8);
  return rest === 0 && restBits < 5 ? Uint8Array.from(groups) : null;
}

/** Cuts numbers of `from` bits into numbers of `to` bits, the highest first; `rest` has what is left over. */
function regroup(values: Uint8Array, from: number, to: number) {
  const groups: number[] = [];
  let rest = 0;
  let restBits = 0;
  for (let at = 0; at < values.length; at++) {
    rest = rest << from | values[at]!;
    restBits += from;
    while (restBits >= to) {
      restBits -= to;
      groups.push(rest >> restBits);
      rest &= (1 << restBits) - 1;
    }
  }
  return { groups, rest, restBits };
}

/** The remainder of the BCH code: 1 for a prefix and words that end with their checksum. */
function checksum(prefix: string, words: ArrayLike<number>): number {
  const codes = Array.from(prefix, (each) => each.charCodeAt(0));
  let sum = 1;
  for (const code of codes) sum = next(sum, code >> 5);
  sum = next(sum, 0);
  for (const code of codes) sum = next(sum, code & 31);
  for (let at = 0; at < words.length; at++) sum = next(sum, words[at]!);
  return sum;
}

function next(sum: number, word: number): number {
  return (sum & 0x1ffffff) << 5 ^ word ^ added[sum >>> 25]!;
}
