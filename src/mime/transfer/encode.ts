/** Base64 and line breaks on the way out, streamed. Knows no header and decides nothing. */
import { lineFeed } from "./line.ts";

const lineCharacters = 76; // RFC 2045 6.8
const lineBytes = (lineCharacters / 4) * 3;
const chunkLines = 840; // 65,520 bytes out of 47,880
const chunkInputBytes = lineBytes * chunkLines;
const breakInputBytes = 32 * 1024;

const carriageReturn = 13;

const encoder = new TextEncoder();

/**
 * Encodes a stream as lines of base64, each ended by CRLF, in chunks of at most 64 KiB.
 * Nothing becomes one empty line, so that a delimiter may always follow at once.
 */
export async function* encodeBase64(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(chunkInputBytes);
  let filled = 0;
  let yielded = false;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.subarray(at, at + chunkInputBytes - filled);
      block.set(taken, filled);
      at += taken.length;
      filled += taken.length;
      if (filled < chunkInputBytes) continue;
      yield encodeLines(block);
      filled = 0;
      yielded = true;
    }
  }
  if (filled > 0 || !yielded) yield encodeLines(block.subarray(0, filled));
}

/** Bytes that `encodeBase64` makes of so many. */
export function base64Bytes(bytes: number): number {
  const lines = Math.max(1, Math.ceil(bytes / lineBytes));
  return Math.ceil(bytes / 3) * 4 + 2 * lines;
}

function encodeLines(bytes: Uint8Array): Uint8Array {
  const text = bytes.toBase64();
  const lines = Math.max(1, Math.ceil(text.length / lineCharacters));
  const out = new Uint8Array(text.length + 2 * lines);
  encoder.encodeInto(text, out);
  // From the last line back, so that no line is overwritten before it moves.
  for (let line = lines - 1; line >= 0; line--) {
    const from = line * lineCharacters;
    const length = Math.min(lineCharacters, text.length - from);
    const to = from + 2 * line;
    if (line > 0) out.copyWithin(to, from, from + length);
    out[to + length] = carriageReturn;
    out[to + length + 1] = lineFeed;
  }
  return out;
}

/** Encodes each LF as CRLF, in chunks of at most 64 KiB; the bytes must hold no CR. */
export function* encodeLineBreaks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += breakInputBytes) {
    yield breakLines(bytes.subarray(at, at + breakInputBytes));
  }
}

function breakLines(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length * 2);
  let length = 0;
  for (const byte of bytes) {
    if (byte === lineFeed) out[length++] = carriageReturn;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
