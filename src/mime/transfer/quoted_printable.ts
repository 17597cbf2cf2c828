/** Quoted-printable (RFC 2045 6.7) on the way in, fed piece by piece. Never throws. */

import { concatBytes } from "../../model/bytes.ts";
import { hexByteAt } from "../escape.ts";
import { lineFeed } from "./line.ts";

const tab = 9;
const carriageReturn = 13;
const space = 32;
const equals = 61;

// A line end is looked for behind so many blanks at most, so that what is held back is bounded.
const maxBlanks = 998;

/** Decodes quoted-printable; what is no escape stays, and line ends of text become LF. */
export class QuotedPrintableDecoder {
  readonly #isText: boolean;
  #held: Uint8Array = new Uint8Array();
  #out: Uint8Array = new Uint8Array();
  #length = 0;

  constructor(isText: boolean) {
    this.#isText = isText;
  }

  decode(piece: Uint8Array): Uint8Array {
    return this.#run(concatBytes([this.#held, piece]), false);
  }

  end(): Uint8Array {
    return this.#run(this.#held, true);
  }

  #run(bytes: Uint8Array, isLast: boolean): Uint8Array {
    this.#out = new Uint8Array(bytes.length);
    this.#length = 0;
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at]!;
      if (!isSpecial(byte)) {
        this.#out[this.#length++] = byte;
        at++;
        continue;
      }
      const blanksEnd = skipBlanks(bytes, byte === equals ? at + 1 : at);
      const lookAhead = Math.max(blanksEnd, at + 1) + 2;
      if (!isLast && lookAhead > bytes.length) break;
      at = byte === equals
        ? this.#escape(bytes, at, blanksEnd)
        : this.#blanks(bytes, at, blanksEnd);
    }
    this.#held = bytes.slice(at);
    return this.#out.subarray(0, this.#length);
  }

  #escape(bytes: Uint8Array, at: number, blanksEnd: number): number {
    const lineEnd = readLineEnd(bytes, blanksEnd);
    if (lineEnd !== null) return lineEnd; // a soft line break, 6.7 (5)
    const value = hexByteAt(bytes, at + 1);
    this.#out[this.#length++] = value ?? equals;
    return value === null ? at + 1 : at + 3;
  }

  #blanks(bytes: Uint8Array, at: number, blanksEnd: number): number {
    const lineEnd = readLineEnd(bytes, blanksEnd);
    if (lineEnd === null) return this.#copy(bytes, at, Math.max(blanksEnd, at + 1));
    // Blanks at the end of a line were added on the way, 6.7 (3).
    const isCrlf = lineEnd - blanksEnd === 2;
    return this.#copy(bytes, this.#isText && isCrlf ? blanksEnd + 1 : blanksEnd, lineEnd);
  }

  #copy(bytes: Uint8Array, from: number, to: number): number {
    this.#out.set(bytes.subarray(from, to), this.#length);
    this.#length += to - from;
    return to;
  }
}

function isSpecial(byte: number): boolean {
  return byte === equals || byte === space || byte === tab || byte === carriageReturn;
}

function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at - from < maxBlanks && (bytes[at] === space || bytes[at] === tab)) at++;
  return at;
}

/** Reads a line end, or the end of all, and returns what follows; null where there is neither. */
function readLineEnd(bytes: Uint8Array, at: number): number | null {
  if (at === bytes.length) return at;
  if (bytes[at] === lineFeed) return at + 1;
  return bytes[at] === carriageReturn && bytes[at + 1] === lineFeed ? at + 2 : null;
}
