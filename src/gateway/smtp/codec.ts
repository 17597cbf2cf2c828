/** SMTP as bytes (RFC 5321 2.3.8, 4.5.2): command lines and content in, replies out. Knows no command. */
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { DotReader } from "./dot_reader.ts";
import { LineCheck } from "./line_check.ts";
import { type Reply, SmtpRefusal } from "./refusal.ts";

const lineFeed = 10;
const nothing = new Uint8Array();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export interface ContentPiece {
  readonly bytes: Uint8Array;
  /** The message ends behind these bytes. */
  readonly isEnd: boolean;
}

/** Cuts what comes into command lines and content. However it was cut on the way, it reads the same. */
export class SmtpReader {
  readonly #check = new LineCheck();
  #waiting: Uint8Array = nothing;
  /** What stands behind the bytes that wait. */
  #fault: "bare_cr" | "bare_lf" | null = null;
  #dots = new DotReader();

  /** Adds bytes, which are the reader's from now on. Behind a fault nothing is kept. */
  push(bytes: Uint8Array): void {
    if (this.#fault !== null) return;
    const { length, fault } = this.#check.take(bytes);
    const sound = bytes.subarray(0, length);
    this.#waiting = this.#waiting.length === 0 ? sound : concatBytes([this.#waiting, sound]);
    this.#fault = fault;
  }

  /** Takes the next line, without its CRLF. Null: more is needed. @throws {SmtpRefusal} */
  nextLine(): string | null {
    const feed = this.#waiting.indexOf(lineFeed);
    const length = feed < 0 ? this.#waiting.length : feed + 1;
    if (length > limits.maxCommandBytes) throw new SmtpRefusal("line_too_long");
    if (feed < 0) return this.#needMore();
    const line = this.#waiting.subarray(0, feed - 1);
    this.#waiting = this.#waiting.subarray(feed + 1);
    return decoder.decode(line);
  }

  /** From here on content comes, up to the line of one dot. */
  startContent(): void {
    this.#dots = new DotReader();
  }

  /** Takes what has come of the content. Null: more is needed. @throws {SmtpRefusal} */
  nextContent(): ContentPiece | null {
    const { content, rest } = this.#dots.take(this.#waiting);
    this.#waiting = rest ?? nothing;
    if (rest === null && content.length === 0) return this.#needMore();
    return { bytes: content, isEnd: rest !== null };
  }

  #needMore(): null {
    if (this.#fault !== null) throw new SmtpRefusal(this.#fault);
    return null;
  }
}

/** Writes a reply (RFC 5321 4.2.1). A control character in it would end it early: it becomes a blank. */
export function encodeReply([code, ...lines]: Reply): Bytes {
  const written = lines.map((line, at) => {
    // deno-lint-ignore no-control-regex
    const text = line.replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
    return `${code}${at < lines.length - 1 ? "-" : " "}${text}\r\n`;
  });
  return utf8(written.join(""));
}

/** True for text with a control character of ASCII or Latin-1, which may stand in no name and no argument. */
export function hasControl(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\x7f-\x9f]/.test(text);
}
