/** Responses on their way out: lines as bytes, and many short ones together. */
import { bytesOfString } from "../../mime/byte_string.ts";
import { concatBytes } from "../../model/bytes.ts";

const joinedBytes = 16 * 1024;
/** Nobody waits for what is there any longer. */
const joinedMs = 50;

/** Writes a line, a character a byte, with its end. */
export function lineBytes(line: string): Uint8Array {
  return bytesOfString(`${line}\r\n`);
}

/**
 * Hands on lines and bytes in larger pieces: each piece is a write, and a reader is woken up by it. `waits` false: this
 * goes on at once, with all before it.
 */
export async function* joined(
  source: AsyncIterable<string | Uint8Array>,
  waits: (each: string | Uint8Array) => boolean = () => true,
): AsyncGenerator<Uint8Array, void> {
  let pieces: Uint8Array[] = [];
  let [bytes, since] = [0, 0];
  try {
    for await (const each of source) {
      const piece = typeof each === "string" ? lineBytes(each) : each;
      if (pieces.length === 0) since = performance.now();
      pieces.push(piece);
      bytes += piece.length;
      const isEnough = bytes >= joinedBytes || performance.now() - since >= joinedMs;
      if (!isEnough && waits(each)) continue;
      const whole = pieces.length === 1 ? piece : concatBytes(pieces);
      [pieces, bytes] = [[], 0];
      yield whole;
    }
  } finally {
    if (pieces.length > 0) yield concatBytes(pieces); // also where the rest fails: it was answered
  }
}
