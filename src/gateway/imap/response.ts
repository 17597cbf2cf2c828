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

/** Hands on lines and bytes as bytes, each at once. */
export async function* bytesOf<Result>(
  source: AsyncGenerator<string | Uint8Array, Result>,
): AsyncGenerator<Uint8Array, Result> {
  for (;;) {
    const { done, value } = await source.next();
    if (done) return value;
    yield typeof value === "string" ? lineBytes(value) : value;
  }
}

/** Hands on lines and bytes in larger pieces: each piece is a write. */
export async function* joined(
  source: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let pieces: Uint8Array[] = [];
  let [bytes, since] = [0, 0];
  try {
    for await (const each of source) {
      const piece = typeof each === "string" ? lineBytes(each) : each;
      if (pieces.length === 0) since = performance.now();
      pieces.push(piece);
      bytes += piece.length;
      if (bytes < joinedBytes && performance.now() - since < joinedMs) continue;
      const whole = concatBytes(pieces);
      [pieces, bytes] = [[], 0];
      yield whole;
    }
  } finally {
    if (pieces.length > 0) yield concatBytes(pieces); // also where the rest fails: it was answered
  }
}
