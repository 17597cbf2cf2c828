/** The tokens of a structured field (RFC 2045 5.1, RFC 5322 3.2), in bytes as characters. Never throws; linear. */

import { ownText } from "../byte_string.ts";

const blank = /[ \t\r\n]*/y;
const token = /[^\s\p{Cc}()<>@,;:\\"/[\]?=]*/yu; // RFC 2045 5.1, 8-bit as well
const looseValue = /[^ \t\r\n;("]*/y; // of senders who quote nothing
const quotedText = /(?:[^"\\]|\\[^])*/y;

export class FieldReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Goes past blanks and comments. */
  skipBlanks(): void {
    for (;;) {
      this.#match(blank);
      if (this.#text[this.#at] !== "(") return;
      this.#at = endOfComment(this.#text, this.#at + 1);
    }
  }

  /** Goes past one character, if it is this one. */
  skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** Goes to the next one of this character, or to the end. */
  skipTo(character: string): void {
    const at = this.#text.indexOf(character, this.#at);
    this.#at = at < 0 ? this.#text.length : at;
  }

  skipRest(): void {
    this.#at = this.#text.length;
  }

  /** May be empty. */
  token(): string {
    return ownText(this.#match(token));
  }

  /** Reads a quoted string without its quotes, or what stands up to a blank, a comment or a semicolon. */
  value(): string {
    if (!this.skip('"')) return ownText(this.#match(looseValue));
    const text = this.#match(quotedText);
    this.skip('"');
    return ownText(text.replace(/\\([^])/g, "$1"));
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += text.length;
    return text;
  }
}

/** Finds what follows a comment, which may hold comments; the end of the text where it is not closed. */
function endOfComment(text: string, from: number): number {
  let at = from;
  for (let depth = 1; at < text.length && depth > 0; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")") depth--;
  }
  return Math.min(at, text.length);
}
