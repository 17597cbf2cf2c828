/** Transfer encodings on the way in, fed piece by piece. Never throws, whatever the bytes. */

import { concatBytes } from "../../model/bytes.ts";
import { byteString } from "../byte_string.ts";
import { endOfText, isBlankByte, lineFeed, maxLineBytes } from "./line.ts";
import { QuotedPrintableDecoder } from "./quoted_printable.ts";
import { UuDecoder } from "./uuencode.ts";

/** Decodes pieces as they come; `end` gives what was still held back. */
export interface Decoder {
  decode(piece: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

const carriageReturn = 13;
const equals = 61;
const nothing = new Uint8Array();

/** Chooses the decoder: text has its CRLF made LF, unknown encodings stay raw. */
export function decoderFor(encoding: string, isText: boolean): Decoder {
  if (encoding === "base64") return isText ? new TextBase64Decoder() : new Base64Decoder();
  if (encoding === "quoted-printable") return new QuotedPrintableDecoder(isText);
  if (/^(?:x-)?uu(?:e|encode)$/.test(encoding)) return new UuDecoder(isText);
  const isLines = encoding === "7bit" || encoding === "8bit";
  return isText && isLines ? new LineDecoder() : { decode: (piece) => piece, end: () => nothing };
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const sextets = new Uint8Array(256).fill(255);
for (let value = 0; value < 64; value++) sextets[alphabet.charCodeAt(value)] = value;

/** Decodes base64; skips what is not of it, and goes on after padding. */
export class Base64Decoder implements Decoder {
  #bits = 0;
  #count = 0;

  decode(piece: Uint8Array): Uint8Array {
    const out = new Uint8Array(Math.ceil((piece.length + 3) / 4) * 3);
    let [at, length] = [0, 0];
    while (at < piece.length && this.#count > 0) {
      length += this.decodeInto(piece.subarray(at, ++at), out.subarray(length));
    }
    const quick = decodeQuickly(piece.subarray(at), out.subarray(length));
    length += quick.written;
    length += this.decodeInto(piece.subarray(at + quick.read), out.subarray(length));
    return out.subarray(0, length);
  }

  /** Decodes character by character, whatever they are; returns how many bytes that made. */
  decodeInto(piece: Uint8Array, out: Uint8Array): number {
    let [bits, count, length] = [this.#bits, this.#count, 0];
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!;
      const sextet = sextets[byte]!;
      if (sextet < 64) {
        bits = (bits << 6) | sextet;
        if (++count < 4) continue;
        out[length++] = bits >> 16;
        out[length++] = bits >> 8;
        out[length++] = bits;
        bits = count = 0;
      } else if (byte === equals) {
        length += writePartial(bits, count, out, length);
        bits = count = 0;
      }
    }
    [this.#bits, this.#count] = [bits, count];
    return length;
  }

  end(): Uint8Array {
    const out = new Uint8Array(2);
    return out.subarray(0, writePartial(this.#bits, this.#count, out, 0));
  }
}

/** Decodes whole groups natively, as far as there is nothing but base64 and line ends; none where there is. */
function decodeQuickly(piece: Uint8Array, out: Uint8Array): { read: number; written: number } {
  try {
    return out.setFromBase64(utf8.decode(piece), { lastChunkHandling: "stop-before-partial" });
  } catch (error) {
    if (error instanceof SyntaxError) return { read: 0, written: 0 };
    throw error;
  }
}

/** Five times as fast as latin1. What is not ASCII is no base64 in either. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes the whole bytes among two or three sextets, and returns how many. */
function writePartial(bits: number, count: number, out: Uint8Array, at: number): number {
  if (count < 2) return 0;
  const aligned = bits << (6 * (4 - count));
  out[at] = aligned >> 16;
  if (count === 3) out[at + 1] = aligned >> 8;
  return count - 1;
}

/**
 * Decodes base64 of text. What is in clear stays: a footer of a list, from the first line after the padding that is no
 * base64; and all, where the first line is none, since something on the way has decoded it and left the field.
 */
class TextBase64Decoder implements Decoder {
  readonly #base64 = new Base64Decoder();
  readonly #line = new Uint8Array(maxLineBytes);
  #held = 0;
  #isPadded = false;
  #isFirst = true;
  #isClear = false;

  decode(piece: Uint8Array): Uint8Array {
    const out = new Uint8Array(this.#held + piece.length + mostOfBits);
    let length = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!;
      this.#line[this.#held++] = byte;
      if (byte !== lineFeed && this.#held < maxLineBytes) continue;
      length += this.#takeLine(out, length);
    }
    return out.subarray(0, length);
  }

  end(): Uint8Array {
    const out = new Uint8Array(this.#held + mostOfBits);
    const length = this.#takeLine(out, 0);
    return concatBytes([out.subarray(0, length), this.#base64.end()]);
  }

  /** Writes what a line stands for, and returns how many bytes that is. */
  #takeLine(out: Uint8Array, at: number): number {
    const end = endOfText(this.#line, this.#held);
    const isBlank = end === 0;
    if (isBlank && !this.#isClear) return this.#held = 0; // there may be millions of them
    const line = this.#line.subarray(0, this.#held);
    this.#held = 0;
    if (!this.#isClear && (this.#isFirst || this.#isPadded)) {
      this.#isClear = !isOfBase64(this.#isFirst ? withoutMark(line) : line);
    }
    this.#isFirst = false;
    this.#isPadded ||= line[end - 1] === equals && sextets[line[end - 2] ?? 0]! < 64;
    if (!this.#isClear) return this.#base64.decodeInto(line, out.subarray(at));
    out.set(line, at);
    return line.length;
  }
}

/** A group that is not whole yet becomes no more. */
const mostOfBits = 2;

function withoutMark(line: Uint8Array): Uint8Array {
  return byteOrderMark.every((byte, at) => line[at] === byte) ? line.subarray(3) : line;
}

const byteOrderMark = [0xef, 0xbb, 0xbf];

/**
 * Whether a line is of base64. What else is in it is to be ignored (RFC 2045 6.8), if it is blanks or one character, the
 * groups are whole, and what they stand for is text: the rest is clear, and words are.
 */
function isOfBase64(bytes: Uint8Array): boolean {
  const end = endOfText(bytes, bytes.length);
  let start = 0;
  while (start < end && isBlankByte(bytes[start]!)) start++;
  let at = start;
  while (at < end && (sextets[bytes[at]!]! < 64 || bytes[at] === equals)) at++;
  if (at === end) return true;
  const line = byteString(bytes.subarray(start, end));
  const between = line.replace(/[A-Za-z0-9+/=]+/g, "");
  const runs = line.match(/[A-Za-z0-9+/=]+/g) ?? [];
  const letters = runs.join("");
  const isIgnored = between.length === 1 || between.trim() === "";
  const isWhole = bytes.length === maxLineBytes || letters.length % 4 === 0;
  const isWords = runs.every((run) => /^[A-Z]?[a-z]*$/.test(run));
  const isLong = letters.length >= 12; // less stands for something by chance
  return isIgnored && isWhole && isLong && !isWords && isTextIn(letters);
}

function isTextIn(base64: string): boolean {
  try {
    const bytes = Uint8Array.fromBase64(base64.slice(0, base64.length - base64.length % 4));
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return !/(?![\t\n\r])\p{Cc}/u.test(text);
  } catch {
    return false; // it is no base64, or no UTF-8
  }
}

/** Decodes CRLF to LF; a lone CR stays. */
class LineDecoder implements Decoder {
  #holdsReturn = false;

  decode(piece: Uint8Array): Uint8Array {
    if (!this.#holdsReturn && !piece.includes(carriageReturn)) return piece;
    const out = new Uint8Array(piece.length + 1);
    let length = 0;
    for (const byte of piece) {
      if (this.#holdsReturn && byte !== lineFeed) out[length++] = carriageReturn;
      this.#holdsReturn = byte === carriageReturn;
      if (!this.#holdsReturn) out[length++] = byte;
    }
    return out.subarray(0, length);
  }

  end(): Uint8Array {
    return this.#holdsReturn ? Uint8Array.of(carriageReturn) : nothing;
  }
}
