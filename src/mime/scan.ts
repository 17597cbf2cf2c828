/**
 * Finds the lines that divide a message into parts, in one pass over a stream cut anywhere.
 * Holds a header, or one block and a line; never decodes content.
 */

import { concatBytes } from "../model/bytes.ts";
import { limits } from "../model/limits.ts";
import { reblock } from "./block.ts";
import { bytesOfString } from "./byte_string.ts";
import { headerTooLong } from "./header/header.ts";

const lineFeed = 10;
const carriageReturn = 13;
const hyphen = 45;

const maxDelimiterLineBytes = 1000; // RFC 5322 2.1.1, line end included

interface Delimiter {
  /** How many multiparts enclose the one it belongs to. */
  readonly depth: number;
  readonly isClose: boolean;
}

/** A delimiter with the line break in front of it, as they stand. */
export interface FoundDelimiter extends Delimiter {
  readonly bytes: Uint8Array;
}

export interface HeaderPiece {
  readonly bytes: Uint8Array;
  /** False where more of the header follows. */
  readonly isLast: boolean;
}

/** Reads headers, contents and delimiters in the order they come. */
export class Scanner {
  readonly #blocks: AsyncGenerator<Uint8Array>;
  /** As bytes: to compare one with a line makes nothing, and there may be millions of lines that begin as theirs. */
  readonly #boundaries: Uint8Array[] = [];
  #block: Uint8Array = new Uint8Array();
  #at = 0;
  #isEnded = false;
  #isAtLineStart = true;
  #delimiter: FoundDelimiter | null = null;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#blocks = reblock(source);
  }

  /** Counts the multiparts that are open. */
  get depth(): number {
    return this.#boundaries.length;
  }

  /**
   * Reads a header with its blank line; a delimiter line ends it too.
   * @throws {MailError} `too_large`: over `limits.maxHeaderBytes`.
   */
  async readHeader(): Promise<Uint8Array> {
    const { bytes, isLast } = await this.readHeaderPiece();
    if (!isLast) throw headerTooLong();
    return bytes;
  }

  /** Reads as `readHeader` does, `limits.maxHeaderBytes` at a time: whole lines, but of one that is longer. */
  async readHeaderPiece(): Promise<HeaderPiece> {
    let length = 0;
    for (;;) {
      const lineStart = this.#at + length;
      const feed = this.#block.indexOf(lineFeed, lineStart);
      const lineEnd = feed < 0 ? this.#block.length : feed + 1;
      if (lineEnd - this.#at > limits.maxHeaderBytes) return this.#takeLongHeader(length);
      if (feed < 0 && await this.#fill()) continue;
      const line = this.#block.subarray(lineStart, lineEnd);
      const isWhole = length > 0 || this.#isAtLineStart;
      if (isWhole && this.#match(line) !== null) return this.#takeHeader(length);
      length += line.length;
      if (feed < 0 || isWhole && isBlank(line)) return this.#takeHeader(length);
    }
  }

  /** Opens a multipart: its boundary, in bytes as characters, divides what follows. */
  enter(boundary: string): void {
    this.#boundaries.push(bytesOfString(boundary));
  }

  /** Leaves all multiparts: what follows is the content of one part. */
  leaveAll(): void {
    this.#boundaries.length = 0;
  }

  /** Reads more content, never empty; `null` means that a delimiter or the end was reached. */
  async readContent(): Promise<Uint8Array | null> {
    for (;;) {
      const content = this.#delimiter === null ? this.#scan() : null;
      if (content !== null && content.length > 0) return content;
      if (this.#delimiter !== null || this.#isEnded) return null;
      await this.#fill();
    }
  }

  /** True where content ended at the delimiter of a part of the innermost multipart. */
  get isAtInnerPart(): boolean {
    const delimiter = this.#delimiter;
    return delimiter !== null && !delimiter.isClose && delimiter.depth === this.depth - 1;
  }

  /** Goes to the header of the next part, past any content; false means that there is none. */
  async nextPart(): Promise<boolean> {
    for (;;) {
      while (await this.readContent() !== null);
      const delimiter = this.takeDelimiter();
      if (delimiter === null) return false;
      if (!delimiter.isClose) return true;
    }
  }

  /** Goes past the delimiter that content ended at; null: it ended with the message. */
  takeDelimiter(): FoundDelimiter | null {
    const delimiter = this.#delimiter;
    if (delimiter === null) return null;
    const { depth, isClose } = delimiter;
    // A delimiter of an outer multipart closes the inner ones too, RFC 2046 5.1.2.
    this.#boundaries.length = isClose ? depth : depth + 1;
    this.#delimiter = null;
    this.#isAtLineStart = true;
    return delimiter;
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.#blocks.return(undefined);
  }

  #scan(): Uint8Array {
    const block = this.#block;
    if (this.#boundaries.length === 0) return this.#take(block.length);
    for (let line = this.#findHyphens(this.#at); line >= 0; line = this.#findHyphens(line + 1)) {
      const feed = block.indexOf(lineFeed, line);
      const lineEnd = feed < 0 ? block.length : feed + 1;
      const isWhole = feed >= 0 || this.#isEnded;
      if (!isWhole && lineEnd - line < maxDelimiterLineBytes) {
        return this.#take(this.#unbreak(line));
      }
      const delimiter = this.#match(block.subarray(line, lineEnd));
      if (delimiter === null) continue;
      const content = this.#take(this.#unbreak(line));
      this.#delimiter = { ...delimiter, bytes: block.subarray(this.#at, lineEnd) };
      this.#at = lineEnd;
      return content;
    }
    return this.#take(this.#isEnded ? block.length : this.#unbreak(block.length));
  }

  /** Finds the next line that begins with two hyphens, or with one that the block ends with. */
  #findHyphens(from: number): number {
    const block = this.#block;
    for (let at = block.indexOf(hyphen, from); at >= 0; at = block.indexOf(hyphen, at)) {
      const isLineStart = at === this.#at ? this.#isAtLineStart : block[at - 1] === lineFeed;
      const isSecond = at + 1 === block.length || block[at + 1] === hyphen;
      if (isLineStart && isSecond) return at;
      const feed = block.indexOf(lineFeed, at);
      if (feed < 0) return -1;
      at = feed + 1;
    }
    return -1;
  }

  /** Steps back over a line break that ends here: before a delimiter it is not content. */
  #unbreak(end: number): number {
    let at = end;
    if (at > this.#at && this.#block[at - 1] === lineFeed) at--;
    if (at > this.#at && this.#block[at - 1] === carriageReturn) at--;
    return at;
  }

  #match(line: Uint8Array): Delimiter | null {
    if (line[0] !== hyphen || line[1] !== hyphen || line.length >= maxDelimiterLineBytes) {
      return null;
    }
    const end = endOfText(line);
    for (let depth = this.#boundaries.length - 1; depth >= 0; depth--) {
      const boundary = this.#boundaries[depth]!;
      const behind = end - 2 - boundary.length;
      const isClose = behind === 2 && line[end - 1] === hyphen && line[end - 2] === hyphen;
      if ((behind === 0 || isClose) && isBehindHyphens(line, boundary)) return { depth, isClose };
    }
    return null;
  }

  #take(end: number): Uint8Array {
    const taken = this.#block.subarray(this.#at, end);
    this.#at = end;
    if (taken.length > 0) this.#isAtLineStart = false;
    return taken;
  }

  #takeHeader(length: number): HeaderPiece {
    const bytes = this.#block.slice(this.#at, this.#at + length);
    this.#at += length;
    this.#isAtLineStart = true;
    return { bytes, isLast: true };
  }

  #takeLongHeader(wholeLines: number): HeaderPiece {
    const isCut = wholeLines === 0;
    const { bytes } = this.#takeHeader(isCut ? limits.maxHeaderBytes : wholeLines);
    this.#isAtLineStart = !isCut;
    return { bytes, isLast: false };
  }

  async #fill(): Promise<boolean> {
    const next = await this.#blocks.next();
    if (next.done === true) {
      this.#isEnded = true;
      return false;
    }
    const rest = this.#block.subarray(this.#at);
    this.#block = rest.length === 0 ? next.value : concatBytes([rest, next.value]);
    this.#at = 0;
    return true;
  }
}

function isBehindHyphens(line: Uint8Array, boundary: Uint8Array): boolean {
  for (let at = 0; at < boundary.length; at++) if (line[at + 2] !== boundary[at]) return false;
  return true;
}

function isBlank(line: Uint8Array): boolean {
  return line.length === 1 || (line.length === 2 && line[0] === carriageReturn);
}

/** Finds where the blanks and the line break at the end of a line begin: RFC 2046 5.1.1. */
function endOfText(line: Uint8Array): number {
  let end = line.length;
  while (end > 2 && (line[end - 1] === 0x20 || line[end - 1]! <= 0x0d)) end--;
  return end;
}
