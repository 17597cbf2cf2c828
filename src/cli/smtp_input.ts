/** What an SMTP client says (RFC 5321 2.3.8, 4.5.2): command lines, and messages without their dots. Only CRLF ends a line. */
import { MailError } from "../model/errors.ts";

const lineFeed = 10;
const carriageReturn = 13;
const dot = 46;
const maxLineBytes = 1000; // RFC 5321 4.5.3.1.4, and room for what extensions add

/** Reads lines and messages, in turns, from one stream. */
export class SmtpInput {
  readonly #source: AsyncIterator<Uint8Array>;
  #bytes: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Reads a line without its CRLF; one that is too long or ends otherwise is empty. Null: nothing more comes. */
  async readLine(): Promise<string | null> {
    let line: number[] = [];
    let isTooLong = false;
    for (;;) {
      if (this.#bytes.length === 0 && !await this.#fill()) return null;
      const feed = this.#bytes.indexOf(lineFeed);
      const piece = this.#bytes.subarray(0, feed < 0 ? this.#bytes.length : feed + 1);
      this.#bytes = this.#bytes.subarray(piece.length);
      isTooLong ||= line.length + piece.length > maxLineBytes;
      line = isTooLong ? [] : [...line, ...piece];
      if (feed >= 0) break;
    }
    const ends = line.at(-2) === carriageReturn;
    return ends ? new TextDecoder().decode(Uint8Array.from(line.slice(0, -2))) : "";
  }

  /**
   * Reads a message, up to the line of one dot. It must be read to its end before the next line.
   * @throws {MailError} `protocol` where the stream ends before: what there is must not be sent
   */
  async *readMessage(): AsyncGenerator<Uint8Array, void> {
    const dots = new Dots();
    for (;;) {
      if (this.#bytes.length === 0 && !await this.#fill()) {
        throw new MailError("protocol", "Cannot take a message that has no end");
      }
      const { content, used } = dots.take(this.#bytes);
      this.#bytes = this.#bytes.subarray(used);
      if (content.length > 0) yield content;
      if (dots.isEnded) return;
    }
  }

  async #fill(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done === true) return false;
    this.#bytes = next.value;
    return true;
  }
}

/** Takes the dot from lines that begin with one, and finds the line that is nothing else. */
class Dots {
  isEnded = false;
  /** What a line began with so far where that decides: nothing, a dot, or a dot and CR. Null within a line. */
  #start: "" | "." | ".\r" | null = "";
  #isReturn = false;

  take(bytes: Uint8Array): { content: Uint8Array; used: number } {
    const out = new Uint8Array(bytes.length + 1);
    let length = 0;
    for (const [at, byte] of bytes.entries()) {
      if (this.#start === "" && byte === dot) {
        this.#start = ".";
        continue;
      }
      if (this.#start === "." && byte === carriageReturn) {
        this.#start = ".\r";
        continue;
      }
      if (this.#start === ".\r") {
        this.isEnded = byte === lineFeed;
        if (this.isEnded) return { content: out.subarray(0, length), used: at + 1 };
        out[length++] = carriageReturn;
        this.#isReturn = true;
      }
      out[length++] = byte;
      this.#start = byte === lineFeed && this.#isReturn ? "" : null;
      this.#isReturn = byte === carriageReturn;
    }
    return { content: out.subarray(0, length), used: bytes.length };
  }
}
