/** What a client wrote, read from left to right by the grammar of RFC 9051 9. Knows no command. */
import { byteString } from "../../mime/byte_string.ts";
import { Bad } from "./refusal.ts";

/** A character of a command's text from here on stands for a literal: the first, the second, ... */
export const firstLiteral = 0x100;

const atomText = /[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+/y;
/** With what is not ASCII: programs write words to look for without quotes. */
const astringText = /[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~\x80-\xff]+/y;
const listText = /[!#$%&'*+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+/y;
const quotedText = /"((?:[^\r\n"\\\u0100-\uffff]|\\["\\])*)"/y;
const digits = /\d+/y;

/** The largest number of the grammar, and of `number64` and `mod-sequence-value`: RFC 9051 9, RFC 7162 7. */
const maxNumber = 2 ** 32 - 1;
const maxNumber64 = Number.MAX_SAFE_INTEGER;

/** Every method that takes something goes past it. @throws {Bad} from each where something else stands there */
export class CommandText {
  readonly #text: string;
  readonly #literals: readonly Uint8Array[];
  #at = 0;

  /** `text`: a byte a character; a literal is one character of `firstLiteral` or above. */
  constructor(text: string, literals: readonly Uint8Array[] = []) {
    this.#text = text;
    this.#literals = literals;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Tells whether this stands there; takes nothing. Case does not count. */
  sees(text: string): boolean {
    return this.#text.slice(this.#at, this.#at + text.length).toUpperCase() === text.toUpperCase();
  }

  /** Tells whether the command ends so; takes nothing. Case does not count. */
  endsWith(text: string): boolean {
    return this.#text.toUpperCase().endsWith(text.toUpperCase());
  }

  /** Takes this where it stands there; false: something else does. Case does not count. */
  skip(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#at += text.length;
    return true;
  }

  require(text: string): void {
    if (!this.skip(text)) throw this.bad();
  }

  space(): void {
    this.require(" ");
  }

  end(): void {
    if (!this.isAtEnd) throw this.bad();
  }

  /** Takes what a sticky expression matches; null: nothing. */
  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  atom(): string {
    return this.#match(atomText)[0];
  }

  /** An atom in capitals, for words of the grammar. */
  word(): string {
    return this.atom().toUpperCase();
  }

  /** 0 to 2^32 - 1. */
  number(): number {
    return this.#digits(maxNumber);
  }

  /** `number64`, and `mod-sequence-value` of RFC 7162; above what a number here can be exactly, it is wrong. */
  number64(): number {
    return this.#digits(maxNumber64);
  }

  /** An atom with `]`, a quoted string or a literal, as bytes. */
  astring(): string {
    return this.match(astringText)?.[0] ?? this.string();
  }

  /** As `astring`, where `%` and `*` may stand: the pattern of LIST. */
  listMailbox(): string {
    return this.match(listText)?.[0] ?? this.string();
  }

  /** A quoted string or a literal, as bytes. */
  string(): string {
    const quoted = this.match(quotedText);
    if (quoted?.[1]?.includes("\0")) throw new Bad("A quoted string cannot have a NUL");
    if (quoted !== null) return quoted[1]!.replace(/\\(.)/g, "$1");
    return byteString(this.literal());
  }

  /** `NIL` is null. */
  nstring(): string | null {
    return this.skip("NIL") ? null : this.string();
  }

  literal(): Uint8Array {
    const literal = this.#literals[this.#text.charCodeAt(this.#at) - firstLiteral];
    if (literal === undefined) throw this.bad();
    this.#at++;
    return literal;
  }

  /** Items in brackets, parted by single blanks; none only where `mayBeEmpty`. */
  list<T>(item: () => T, { mayBeEmpty = false } = {}): T[] {
    this.require("(");
    if (mayBeEmpty && this.skip(")")) return [];
    const items = [item()];
    while (this.skip(" ")) items.push(item());
    this.require(")");
    return items;
  }

  /** The error to throw for what stands there. */
  bad(): Bad {
    const [near = ""] = this.#text.slice(this.#at, this.#at + 20).split(/[^ -~]/);
    return new Bad(near === "" ? "Something is missing" : `Cannot read the command at "${near}"`);
  }

  #match(expression: RegExp): RegExpExecArray {
    const found = this.match(expression);
    if (found === null) throw this.bad();
    return found;
  }

  #digits(most: number): number {
    const number = Number(this.#match(digits)[0]);
    if (number > most) throw new Bad("The number is too large");
    return number;
  }
}
