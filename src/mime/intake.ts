/**
 * A message as programs write one to sendmail: lines ended by LF or CRLF, a header or none. Comes out with CRLF, its
 * header apart, streamed. Lone CRs and NULs of a body stay as they are; in a header they become blanks.
 */

import { concatBytes } from "../model/bytes.ts";
import type { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { peekStart, reblock, startWith } from "./block.ts";
import { byteString } from "./byte_string.ts";
import { headerTooLong, lengthOfMark } from "./header/header.ts";

const lineFeed = 10;
const carriageReturn = 13;
const dot = 46;

/** A message whose header was read. */
export interface SubmittedSource {
  /** Whole fields, each line with its CRLF; without the blank line behind them. */
  readonly header: Uint8Array;
  /** The rest, once. */
  readonly body: AsyncGenerator<Uint8Array>;
  /** `too_large`: its header is over `limits.maxHeaderBytes`. Then all of the message is in the body. */
  readonly fault: MailError | null;
}

/**
 * Takes in a message. Where the first lines are no fields it has no header, and all of it is body; a first line of
 * mbox (`From `) is dropped. With `dotEnds` a line of one dot ends it.
 */
export async function takeIn(
  source: AsyncIterable<Uint8Array>,
  { dotEnds }: { readonly dotEnds: boolean },
): Promise<SubmittedSource> {
  const chunks = endLines(reblock(source), dotEnds);
  const { seen, split } = await readHeader(chunks);
  if (split === null) {
    return { header: concatBytes([]), body: startWith(seen, chunks), fault: headerTooLong() };
  }
  const body = startWith(split.rest, chunks);
  return { header: cleanHeader(split.header), body, fault: null };
}

/**
 * Hands a message on, with a blank line before the first line that is no field and continues none, where that is not
 * there: else all of a text without a header, or behind one, would be header, which nobody is shown. Postfix does the
 * same. Nothing else changes, and nothing of a message whose header is over `limits.maxHeaderBytes`.
 */
export async function* withBlankLine(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const chunks = reblock(source);
  const { seen, split } = await readHeader(chunks);
  const { lacksBlankAt = null } = split ?? {};
  const start = lacksBlankAt === null ? seen : concatBytes([
    seen.subarray(0, lacksBlankAt),
    Uint8Array.of(carriageReturn, lineFeed),
    seen.subarray(lacksBlankAt),
  ]);
  yield* startWith(start, chunks);
}

/** Reads up to the end of a header; `split` is null where that is over `limits.maxHeaderBytes`. */
async function readHeader(
  chunks: AsyncIterator<Uint8Array>,
): Promise<{ readonly seen: Uint8Array; readonly split: Split | null }> {
  let seen = concatBytes([]);
  for (;;) {
    const next = await chunks.next();
    const isEnded = next.done === true;
    if (!isEnded) seen = concatBytes([seen, next.value]);
    const split = splitHeader(seen, isEnded);
    if (split !== null && split.header.length <= limits.maxHeaderBytes) return { seen, split };
    if (split !== null || seen.length > limits.maxHeaderBytes) return { seen, split: null };
  }
}

interface Split {
  readonly header: Uint8Array;
  readonly rest: Uint8Array;
  /** Null: the blank line is there, or nothing stands behind the header. */
  readonly lacksBlankAt: number | null;
}

/** Finds where the header ends; null where more is needed to tell. */
function splitHeader(bytes: Uint8Array, isEnded: boolean): Split | null {
  const start = lengthOfMark(bytes);
  let begin = start;
  for (let at = start;;) {
    const feed = bytes.indexOf(lineFeed, at);
    const lineEnd = feed < 0 ? bytes.length : feed + 1;
    const isWhole = feed >= 0 || isEnded;
    const line = byteString(bytes.subarray(at, Math.min(lineEnd, at + maxNameBytes)));
    if (!isWhole && line.length < maxNameBytes) return null;
    const split = (restAt: number, lacksBlankAt: number | null) => ({
      header: bytes.subarray(begin, at),
      rest: bytes.subarray(restAt),
      lacksBlankAt,
    });
    if (/^(?:\r?\n)?$/.test(line)) return split(lineEnd, null);
    if (at === begin && isMboxLine(line)) begin = lineEnd;
    else if (!isFieldLine(line, at > begin)) return split(at, at === start ? 0 : at);
    else if (!isWhole) return null;
    at = lineEnd;
  }
}

const maxNameBytes = 1000; // RFC 5322 2.1.1: a longer line without a colon is no field

function isFieldLine(line: string, mayContinue: boolean): boolean {
  return /^[!-9;-~]+[ \t]*:/.test(line) || (mayContinue && /^[ \t]/.test(line));
}

/** RFC 4155; not every line that begins with the word. */
function isMboxLine(line: string): boolean {
  return /^>?From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) /.test(line);
}

/** Only line ends are left of what could end a line somewhere else. */
function cleanHeader(header: Uint8Array): Uint8Array {
  const clean = header.slice();
  for (let at = 0; at < clean.length; at++) {
    const isLone = clean[at] === carriageReturn && clean[at + 1] !== lineFeed;
    if (isLone || clean[at] === 0) clean[at] = 32;
  }
  const isWhole = clean.length === 0 || clean.at(-1) === lineFeed;
  return isWhole ? clean : concatBytes([clean, Uint8Array.of(carriageReturn, lineFeed)]);
}

/**
 * Ends the lines of a file as those of mail end, with CRLF (RFC 5322 2.3), where its first one ends with LF alone: then
 * that is how its system ends lines, as in a Maildir of Dovecot.
 */
export async function* withMailLineEnds(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { start, all } = await peekStart(source, limits.maxHeaderBytes);
  const feed = start.indexOf(lineFeed);
  const endsByLf = feed >= 0 && start[feed - 1] !== carriageReturn;
  yield* endsByLf ? endLines(reblock(all), false) : all;
}

/** Ends every line with CRLF; stops at a line of one dot where that ends the message. */
async function* endLines(
  source: AsyncIterable<Uint8Array>,
  dotEnds: boolean,
): AsyncGenerator<Uint8Array> {
  const lines = new Lines(dotEnds);
  for await (const chunk of source) {
    const out = lines.take(chunk);
    if (out.length > 0) yield out;
    if (lines.isEnded) return;
  }
  yield lines.end();
}

/** Holds back what the next byte decides about: a CR, and a dot that begins a line. */
class Lines {
  readonly #dotEnds: boolean;
  #held: number[] = [];
  #isLineStart = true;
  isEnded = false;

  constructor(dotEnds: boolean) {
    this.#dotEnds = dotEnds;
  }

  take(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(2 * chunk.length + 2);
    let length = 0;
    for (const byte of chunk) {
      if (byte === lineFeed && this.#held[0] === dot) {
        this.isEnded = true;
        return out.subarray(0, length);
      }
      if (byte === lineFeed) {
        out[length++] = carriageReturn;
        out[length++] = lineFeed;
        this.#held = [];
        this.#isLineStart = true;
        continue;
      }
      const isHeld = byte === carriageReturn
        ? this.#held.at(-1) !== carriageReturn
        : byte === dot && this.#isLineStart && this.#dotEnds;
      this.#isLineStart = false;
      if (!isHeld) {
        for (const held of this.#held) out[length++] = held;
        this.#held = [];
      }
      if (isHeld || byte === carriageReturn) this.#held.push(byte);
      else out[length++] = byte;
    }
    return out.subarray(0, length);
  }

  /** Gives what was held back; a last line of one dot is not part of the message. */
  end(): Uint8Array {
    return this.#held[0] === dot ? new Uint8Array() : Uint8Array.from(this.#held);
  }
}
