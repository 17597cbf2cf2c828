/**
 * Messages out of one mbox file (RFC 4155), whoever wrote it: streamed, in bounded memory. Lines come out with CRLF, the
 * last one too, and one `>` less where `From ` was quoted (mboxrd; mboxo is the same but for what began with `>From `).
 */

import { concatBytes, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { reblock } from "./block.ts";
import { byteString } from "./byte_string.ts";
import { lengthOfMark } from "./header/header.ts";
import { HeldLines, isBlank, type Line } from "./mbox_lines.ts";
import {
  isAddress,
  isTimeless,
  maxSeparatorBytes,
  readSeparator,
  type Separator,
} from "./mbox_separator.ts";

const [lf, cr, quote] = [10, 13, 62];
const crlf = Uint8Array.of(cr, lf);
const fromWord = utf8("From ");

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

type Event = Separator | { readonly kind: "content"; readonly bytes: Uint8Array };

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

/** Cuts blocks into lines. Of a line without end it holds a block at most. */
class Splitter {
  readonly #messages = new Messages();
  /** The beginning of a line, or what may be its CR. */
  #rest: Uint8Array = new Uint8Array();
  #isLineStart = true;
  #isFileStart = true;

  *add(block: Uint8Array): Generator<Event> {
    const bytes = this.#withoutMark(concatBytes([this.#rest, block]));
    let at = 0;
    for (let feed = bytes.indexOf(lf); feed >= 0; feed = bytes.indexOf(lf, at)) {
      const end = feed > at && bytes[feed - 1] === cr ? feed - 1 : feed;
      yield* this.#takeLine(bytes.subarray(at, end), feed + 1 - at, true);
      at = feed + 1;
    }
    if (bytes.length - at > maxSeparatorBytes) { // no separator: it need not be held
      yield* this.#takeLine(bytes.subarray(at, -1), bytes.length - 1 - at, false);
      at = bytes.length - 1;
    }
    this.#rest = bytes.slice(at);
    yield* this.#messages.flush();
  }

  *end(): Generator<Event> {
    const isOpen = this.#rest.length > 0 || !this.#isLineStart;
    if (isOpen) yield* this.#takeLine(this.#rest, this.#rest.length, true);
    yield* this.#messages.end();
  }

  #takeLine(bytes: Uint8Array, length: number, isWhole: boolean): Generator<Event> {
    const line = { bytes, length, isStart: this.#isLineStart, isWhole };
    this.#isLineStart = isWhole;
    return this.#messages.take(line);
  }

  /** Editors put a byte order mark before a whole file, too. */
  #withoutMark(bytes: Uint8Array): Uint8Array {
    if (!this.#isFileStart || bytes.length < 3) return bytes;
    this.#isFileStart = false;
    return bytes.subarray(lengthOfMark(bytes));
  }
}

/** The most that is held of a message whose Content-Length may be right. */
const maxHeldBytes = 40 * 1024 * 1024;
/** Pieces of what was held that are given out at a time. */
const maxPieces = 10_000;

/**
 * Puts lines together to messages. A separator stands at the beginning, behind an empty line, or before a line that is a
 * field. One that says no time, as some versions of Thunderbird write it, stands behind an empty line and before a field.
 * Where a message has a Content-Length (mboxcl, mboxcl2) and a separator or the end follows there, no line within it is
 * one: what may turn out to be another message is held until that is known.
 */
class Messages {
  #isBehindBlank = true;
  #heldBlank = false;
  #isInside = false;
  /** Whether the file begins with an address alone: in others such a line is text. */
  #hasAddresses = false;
  #isHeader = false;
  #out: Uint8Array[] = [];
  /** A separator without an empty line before it, or without a time: the next line decides. */
  #doubtful: Line | null = null;
  /** What its header says that the body has; null where it says nothing, or something false. */
  #bodyBytes: number | null = null;
  /** Lines from the first one on that would begin another message. */
  #held = new HeldLines();

  *take(line: Line): Generator<Event> {
    if (this.#bodyBytes === null || this.#isHeader) return yield* this.#decide(line);
    if (this.#bodyBytes === 0 && this.#isSeparator(line)) {
      yield* this.#release(false);
      return yield* this.#decide(line);
    }
    const isWithin = line.length <= this.#bodyBytes || (this.#bodyBytes === 0 && isBlank(line));
    if (!isWithin || this.#held.bytes > maxHeldBytes) {
      yield* this.#release(true);
      return yield* this.take(line);
    }
    this.#bodyBytes = Math.max(0, this.#bodyBytes - line.length);
    if (this.#held.bytes === 0 && !this.#isSeparator(line)) return this.#addText(line);
    this.#held.add(line);
  }

  *end(): Generator<Event> {
    yield* this.#release(this.#bodyBytes !== 0);
    yield* this.#decideDoubt(null);
    yield* this.flush();
  }

  *flush(): Generator<Event> {
    if (this.#out.length > 0) yield { kind: "content", bytes: concatBytes(this.#out) };
    this.#out = [];
  }

  /** Gives out what was held: as one text, or as what it looks like. */
  *#release(looksRight: boolean): Generator<Event> {
    const held = this.#held;
    [this.#held, this.#bodyBytes] = [new HeldLines(), null];
    for (const line of held.lines()) {
      if (looksRight) yield* this.#decide(line);
      else this.#addText(line);
      if (this.#out.length >= maxPieces) yield* this.flush();
    }
  }

  /** Takes a line for what it looks like. */
  *#decide(line: Line): Generator<Event> {
    yield* this.#decideDoubt(line);
    const hasTime = this.#isSeparator(line) && !isTimeless(line.bytes);
    if (hasTime && this.#isBehindBlank) return yield* this.#begin(line);
    const isDoubtful = this.#isSeparator(line) && (hasTime || this.#isBehindBlank);
    if (!this.#isInside && !isBlank(line) && !isDoubtful) throw notMbox();
    if (isDoubtful) this.#doubtful = { ...line, bytes: line.bytes.slice() };
    else if (this.#isHeader) this.#addField(line);
    else this.#addText(line);
  }

  *#decideDoubt(next: Line | null): Generator<Event> {
    const line = this.#doubtful;
    this.#doubtful = null;
    if (line === null) return;
    if (next !== null && next.isStart && isField(next.bytes)) yield* this.#begin(line);
    else if (this.#isInside) this.#addText(line);
    else throw notMbox();
  }

  *#begin({ bytes }: Line): Generator<Event> {
    yield* this.flush();
    this.#heldBlank = false;
    this.#isBehindBlank = false;
    if (!this.#isInside) this.#hasAddresses = isAddress(bytes);
    this.#isInside = true;
    this.#isHeader = true;
    yield readSeparator(bytes)!;
  }

  #isSeparator({ bytes, isStart, isWhole }: Line): boolean {
    if (!isStart || !isWhole || !startsWith(bytes, 0)) return false;
    if (this.#isInside && !this.#hasAddresses && isAddress(bytes)) return false;
    return readSeparator(bytes) !== null;
  }

  #addField(line: Line): void {
    this.#isHeader = !isBlank(line);
    const length = /^content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*$/i.exec(
      byteString(line.bytes.subarray(0, 100)),
    );
    if (length !== null) this.#bodyBytes = Number(length[1]);
    this.#addText(line);
  }

  /** An empty line may belong to a separator. */
  #addText(line: Line): void {
    if (this.#heldBlank) this.#out.push(crlf);
    this.#heldBlank = isBlank(line) && this.#isInside;
    this.#isBehindBlank = isBlank(line);
    if (this.#isBehindBlank) return;
    if (line.bytes.length > 0) this.#out.push(line.isStart ? unquoted(line.bytes) : line.bytes);
    if (line.isWhole) this.#out.push(crlf);
  }
}

function isField(bytes: Uint8Array): boolean {
  return /^[!-9;-~]{1,100}[ \t]*:/.test(byteString(bytes.subarray(0, 200)));
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

function notMbox(): MailError {
  return new MailError("malformed", "Cannot read the messages: the file is not an mbox file", {
    hint: 'Begin each message with a line such as "From bob@example.org Sat Nov 21 09:05:00 2026".',
  });
}
