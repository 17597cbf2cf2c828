/** POP3 as bytes (RFC 1939 3): lines in, multi-line responses out. Knows no command. */
import { concatBytes, utf8 } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";

const lineFeed = 10;
const carriageReturn = 13;
const dot = 46;

/** Cuts what comes into lines; only CRLF ends one. */
export class LineReader {
  #waiting: Uint8Array = new Uint8Array();

  push(bytes: Uint8Array): void {
    this.#waiting = concatBytes([this.#waiting, bytes]);
  }

  /** Takes the next line, without its CRLF. Null: more is needed; false: it is too long, or no line. */
  next(): string | null | false {
    const feed = this.#waiting.indexOf(lineFeed);
    const length = feed < 0 ? this.#waiting.length : feed + 1;
    if (length > limits.maxCommandBytes) return false;
    if (feed < 0) return null;
    const line = this.#waiting.subarray(0, feed - 1);
    const isWhole = this.#waiting[feed - 1] === carriageReturn && !line.includes(carriageReturn);
    this.#waiting = this.#waiting.subarray(feed + 1);
    return isWhole && new TextDecoder().decode(line);
  }
}

/**
 * Writes a message as the rest of a multi-line response: each line ended by CRLF, dots doubled, and the line that ends
 * it. A sender's own program may end lines with LF alone; what that adds is in no size that was listed.
 */
export async function* writeMessage(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let last = lineFeed;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    yield writeLines(chunk, last);
    last = chunk.at(-1)!;
  }
  yield utf8(last === lineFeed ? ".\r\n" : "\r\n.\r\n");
}

/** `before`: the byte before the chunk. Each byte gets one more before it at most. */
function writeLines(chunk: Uint8Array, before: number): Uint8Array {
  const out = new Uint8Array(2 * chunk.length);
  let length = 0;
  let last = before;
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at]!;
    if (byte === lineFeed && last !== carriageReturn) out[length++] = carriageReturn;
    if (byte === dot && last === lineFeed) out[length++] = dot;
    out[length++] = last = byte;
  }
  return length === chunk.length ? chunk : out.subarray(0, length);
}

/** Hands out a header, its blank line, and so many lines behind it: RFC 1939 7, TOP. */
export async function* topOf(
  source: AsyncIterable<Uint8Array>,
  lines: number,
): AsyncGenerator<Uint8Array, void> {
  let left: number | null = null;
  let lineBytes = 0; // of the line that has begun
  let isBlank = true; // so far
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at++) {
      if (left === 0) return void (yield chunk.subarray(0, at));
      const byte = chunk[at]!;
      if (byte !== lineFeed) {
        lineBytes++;
        isBlank &&= byte === carriageReturn && lineBytes === 1;
        continue;
      }
      if (left !== null) left--;
      else if (isBlank) left = lines;
      lineBytes = 0;
      isBlank = true;
    }
    yield chunk;
    if (left === 0) return;
  }
}

/** Writes a line, with its CRLF. */
export function encodeLine(text: string): Uint8Array {
  return utf8(`${text}\r\n`);
}
