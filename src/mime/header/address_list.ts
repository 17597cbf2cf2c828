/**
 * The addresses of a field such as To (RFC 5322 3.4, with what 4.4 still allows), in one pass over its text.
 *
 * Reading and sending part here: a reader is shown whatever can be made out, and one bad element takes nothing from
 * the others. A sender is told of the element, for nobody can guess whom it was meant for.
 */

import { MailError } from "../../model/errors.ts";
import {
  type AddressToken,
  addressTokens,
  closedBrackets,
  isMark,
  maxAddressTokens,
  textOf,
} from "./address_token.ts";
import { decodeWords } from "./word.ts";

/** One mailbox of a list, not checked: `address` may be a bare name, or of a domain that nobody has. */
export interface ListedAddress {
  /** What stands before it, or in a comment behind it, for a person; null where there is nothing. */
  readonly name: string | null;
  readonly address: string;
}

/** What a reader can make of a list. */
export interface ReadAddresses {
  readonly found: readonly ListedAddress[];
  /** Elements that name nobody, as they came. */
  readonly unread: readonly string[];
}

const maxAddresses = 1_000;

/**
 * Parses a list to send to; groups count as what they hold, and empty elements as nothing.
 * @throws {MailError} `malformed`: an element is no address; `too_large`: over 1000 of them.
 */
export function parseAddressList(text: string): ListedAddress[] {
  const found: ListedAddress[] = [];
  const tokens = addressTokens(text);
  if (tokens.length === maxAddressTokens) throw tooMany();
  for (const element of elementsOf(tokens)) {
    const mailbox = addressInQuotes(element) ?? mailboxOf(element);
    if (mailbox === null) throw notAnAddress(textOf(element));
    found.push(decoded(mailbox));
    if (found.length > maxAddresses) throw tooMany();
  }
  return found;
}

/**
 * Reads a list that somebody wrote, as far as it can be read: 1000 elements at most. Without `withNames` all names are
 * null: to decode thousands of words takes a while. Never throws.
 */
export function readAddressList(text: string, { withNames = true } = {}): ReadAddresses {
  const found: ListedAddress[] = [];
  const unread: string[] = [];
  for (const element of elementsOf(addressTokens(text))) {
    if (found.length + unread.length === maxAddresses) break;
    const mailbox = addressInQuotes(element) ?? mailboxOf(element) ?? addressWithin(element);
    if (mailbox !== null) found.push(withNames ? decoded(mailbox) : { ...mailbox, name: null });
    else unread.push(textOf(element));
  }
  return { found, unread };
}

/** Splits a list at its commas and the ends of its groups; the names of groups go. */
function* elementsOf(tokens: readonly AddressToken[]): Generator<AddressToken[]> {
  const closed = closedBrackets(tokens);
  let element: AddressToken[] = [];
  let isInside = false; // < and >
  for (const token of tokens) {
    if (isMark(token, "<")) isInside = closed.has(token);
    if (isMark(token, ">")) isInside = false;
    const isEnd = !isInside && token.kind === "mark" && /^[,;:]$/.test(token.text);
    if (!isEnd) element.push(token);
    else {
      if (token.text !== ":" && holdsWord(element)) yield element;
      element = [];
    }
  }
  if (holdsWord(element)) yield element;
}

function holdsWord(element: readonly AddressToken[]): boolean {
  return element.some(({ kind }) => kind !== "comment");
}

/** RFC 5322 3.4: `name <address>`, or an address alone. Null: it is neither. */
function mailboxOf(element: readonly AddressToken[]): ListedAddress | null {
  if (element.some(({ kind }) => kind === "stray")) return null;
  const tokens = element.filter(({ kind }) => kind !== "comment");
  const open = tokens.findIndex((token) => isMark(token, "<"));
  if (open < 0) {
    const comment = element.findLast(({ kind }) => kind === "comment");
    return named(addressOf(tokens), comment?.text ?? "");
  }
  const inner = tokens.slice(open + 1, -1);
  const isClosed = isMark(tokens.at(-1)!, ">") && !inner.some((token) => /[<>]/.test(token.text));
  return isClosed ? named(addressOf(withoutRoute(inner)), textOf(tokens.slice(0, open))) : null;
}

/** Programs put quotes around a whole address. */
function addressInQuotes(element: readonly AddressToken[]): ListedAddress | null {
  const [word, ...others] = element.filter(({ kind }) => kind !== "comment");
  if (others.length > 0 || word === undefined || !word.isQuoted) return null;
  const [inner, ...more] = elementsOf(addressTokens(word.text));
  return inner === undefined || more.length > 0 ? null : mailboxOf(inner);
}

/** Finds the one address in what is none: without its brackets, or with too many, or behind an open quote. */
function addressWithin(element: readonly AddressToken[]): ListedAddress | null {
  const at = element.findLastIndex((token) => isMark(token, "@"));
  if (at < 0) return null;
  const belongs = (token: AddressToken | undefined) =>
    token !== undefined && (token.kind === "word" || isMark(token, "."));
  let from = at;
  while (belongs(element[from - 1]) && (from === at || !element[from]!.isApart)) from--;
  let to = at + 1;
  while (belongs(element[to]) && !element[to]!.isApart) to++;
  const name = element.slice(0, from)
    .map((token) => /^[<"(]$/.test(token.text) ? { ...token, text: "" } : token);
  if (name.some((token) => isMark(token, "@"))) return null; // two of them: which one is meant?
  return named(addressOf(element.slice(from, to)), textOf(name));
}

/** With the name as it was written. */
function named(address: string | null, name: string): ListedAddress | null {
  return address === null ? null : { name, address };
}

function decoded({ name, address }: ListedAddress): ListedAddress {
  const words = decodeWords(name ?? "").replace(/\s+/g, " ").trim();
  return { name: words === "" ? null : words, address };
}

/** RFC 5322 4.4: `<@relay,@relay:bob@x>` is `<bob@x>`. */
function withoutRoute(tokens: readonly AddressToken[]): readonly AddressToken[] {
  if (tokens[0] === undefined || !isMark(tokens[0], "@")) return tokens;
  return tokens.slice(tokens.findIndex((token) => isMark(token, ":")) + 1);
}

/**
 * Joins words and dots around at most one `@`; two words side by side are no address. Dots stand where carriers put
 * them (`a..b@`), and the last one of a domain says no more than that it is whole (RFC 1034 3.1).
 */
function addressOf(tokens: readonly AddressToken[]): string | null {
  const shape = tokens.map(({ kind, text }) => kind === "word" ? "w" : text).join("");
  if (!/^\.*w(?:\.+w)*\.*(?:@w(?:\.w)*\.?)?$/.test(shape)) return null;
  const text = tokens.map(({ text, isQuoted }) => isQuoted ? quoted(text) : text).join("");
  return shape.includes("@") ? text.replace(/\.$/, "") : text;
}

/** Keeps the quotes that a local part needs (RFC 5322 3.4.1). */
function quoted(text: string): string {
  return /^[^\s()<>[\]:;@\\,."]+(?:\.[^\s()<>[\]:;@\\,."]+)*$/.test(text)
    ? text
    : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function notAnAddress(text: string): MailError {
  return new MailError(
    "malformed",
    `Cannot read a field of the message: "${text.slice(0, 100)}" is not an address`,
  );
}

function tooMany(): MailError {
  return new MailError(
    "too_large",
    `Cannot read a field of more than ${maxAddresses} addresses`,
  );
}
