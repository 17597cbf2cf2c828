/**
 * Messages out of one mbox file (RFC 4155), whoever wrote it: streamed, in bounded memory. Lines come out with CRLF, the
 * last one too, and one `>` less where `From ` was quoted (mboxrd; mboxo is the same but for what began with `>From `).
 */

import { concatBytes } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { reblock } from "./block.ts";
import { byteString } from "./byte_string.ts";

const [lf, cr, quote] = [10, 13, 62];
const crlf = Uint8Array.of(cr, lf);
const fromWord = new TextEncoder().encode("From ");
/** A longer line is no separator. */
const maxSeparatorBytes = 1_000;

export interface MboxMessage {
  /** What its separator line says, milliseconds since 1970; null where that is no time. */
  readonly date: number | null;
  /** Its bytes, once, until the next message is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Reads messages one after the other; what is left of one is passed over.
 * @throws {MailError} `malformed` where the file does not begin with a separator line
 */
export async function* readMbox(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<MboxMessage, void> {
  const events = eventsOf(source);
  try {
    let separator = await events.next();
    while (separator.done !== true) {
      let next: IteratorResult<Event, void> | null = null;
      const advance = async () => {
        const event = await events.next();
        if (event.done === true || event.value.kind === "separator") next = event;
        return event;
      };
      yield { date: dateOf(separator.value), content: contentOf(advance) };
      while (next === null) await advance();
      separator = next;
    }
  } finally {
    await events.return();
  }
}

type Event =
  | { readonly kind: "separator"; readonly date: number | null }
  | { readonly kind: "content"; readonly bytes: Uint8Array };

function dateOf(event: Event): number | null {
  return event.kind === "separator" ? event.date : null;
}

async function* contentOf(
  advance: () => Promise<IteratorResult<Event, void>>,
): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const event = await advance();
    if (event.done === true || event.value.kind === "separator") return;
    yield event.value.bytes;
  }
}

async function* eventsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Event, void> {
  const splitter = new Splitter();
  for await (const block of reblock(source)) yield* splitter.add(block);
  yield* splitter.end();
}

/** Cuts blocks into lines, and lines into messages. Of a line without end it holds a block at most. */
class Splitter {
  /** The beginning of a line, or what may be its CR. */
  #rest: Uint8Array = new Uint8Array();
  #isLineStart = true;
  /** A separator stands at the beginning, or behind an empty line, which is part of it. */
  #isBehindBlank = true;
  #heldBlank = false;
  #isInside = false;
  #out: Uint8Array[] = [];

  *add(block: Uint8Array): Generator<Event> {
    const bytes = this.#rest.length === 0 ? block : concatBytes([this.#rest, block]);
    let at = 0;
    for (let feed = bytes.indexOf(lf); feed >= 0; feed = bytes.indexOf(lf, at)) {
      const end = feed > at && bytes[feed - 1] === cr ? feed - 1 : feed;
      yield* this.#takeLine(bytes.subarray(at, end), true);
      at = feed + 1;
    }
    if (bytes.length - at > maxSeparatorBytes) { // no separator: it need not be held
      yield* this.#takeLine(bytes.subarray(at, -1), false);
      at = bytes.length - 1;
    }
    this.#rest = bytes.slice(at);
    yield* this.#flush();
  }

  *end(): Generator<Event> {
    const isOpen = this.#rest.length > 0 || !this.#isLineStart;
    if (isOpen) yield* this.#takeLine(this.#rest, true);
    yield* this.#flush();
  }

  *#takeLine(line: Uint8Array, isWhole: boolean): Generator<Event> {
    const isStart = this.#isLineStart;
    this.#isLineStart = isWhole;
    if (isStart && isWhole && this.#isBehindBlank && startsWith(line, 0)) {
      const separator = readSeparator(line);
      if (separator !== null) return yield* this.#begin(separator);
    }
    if (isStart && isWhole && line.length === 0) return this.#holdBlank();
    if (!this.#isInside) throw notMbox();
    this.#release();
    if (line.length > 0) this.#out.push(isStart ? unquoted(line) : line);
    if (isWhole) this.#out.push(crlf);
    this.#isBehindBlank = false;
  }

  *#begin(separator: Event): Generator<Event> {
    yield* this.#flush();
    this.#heldBlank = false;
    this.#isBehindBlank = false;
    this.#isInside = true;
    yield separator;
  }

  #holdBlank(): void {
    this.#release();
    this.#heldBlank = this.#isInside;
    this.#isBehindBlank = true;
  }

  #release(): void {
    if (this.#heldBlank) this.#out.push(crlf);
    this.#heldBlank = false;
  }

  *#flush(): Generator<Event> {
    if (this.#out.length > 0) yield { kind: "content", bytes: concatBytes(this.#out) };
    this.#out = [];
  }
}

function startsWith(line: Uint8Array, from: number): boolean {
  return line.length >= from + fromWord.length &&
    fromWord.every((byte, at) => line[from + at] === byte);
}

function unquoted(line: Uint8Array): Uint8Array {
  if (line[0] !== quote) return line;
  let quotes = 1;
  while (line[quotes] === quote) quotes++;
  return startsWith(line, quotes) ? line.subarray(1) : line;
}

const months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
const separatorPattern = new RegExp(
  `^From .*?\\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:(${months}) +(\\d{1,2})|(\\d{1,2}) +(${months}) +\\d{4}) +` +
    `(\\d{1,2}:\\d{2}(?::\\d{2})?)(.*)$`,
);

/** Null: a line that only begins like one. Its time is asctime's, with a zone or none (UTC), as programs write it. */
function readSeparator(line: Uint8Array): Event | null {
  if (line.length > maxSeparatorBytes) return null;
  const text = byteString(line);
  const found = separatorPattern.exec(text);
  if (found === null) return null;
  const [, month = found[4], day = found[3], , , time, rest = ""] = found;
  const year = /(?<![+-])\b(\d{4})\b/.exec(rest)?.[1] ?? / (\d{4}) /.exec(text)?.[1];
  const zone = /[+-]\d{4}/.exec(rest)?.[0] ?? "+0000";
  const date = Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
  return { kind: "separator", date: Number.isNaN(date) || date < 0 ? null : date };
}

function notMbox(): MailError {
  return new MailError("malformed", "Cannot read the messages: the file is not an mbox file", {
    hint: 'Begin each message with a line such as "From bob@example.org Sat Nov 21 09:05:00 2026".',
  });
}
