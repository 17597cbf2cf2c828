/** The addresses of a field such as To (RFC 5322 3.4, with what 4.4 still allows), in one pass over its text. */

import { MailError } from "../model/errors.ts";
import { decodeWords } from "./word.ts";

/** One mailbox of a list, not checked: `address` may be a bare name, or of a domain that nobody has. */
export interface ListedAddress {
  /** What stands before it, or in a comment behind it, for a person; null where there is nothing. */
  readonly name: string | null;
  readonly address: string;
}

interface Token {
  /** `word` is an atom or a quoted string; `mark` one character with a meaning. */
  readonly kind: "word" | "mark" | "comment";
  /** Of a quoted string, what the quotes hold. */
  readonly text: string;
  readonly isQuoted: boolean;
  /** True where blanks or a comment stand before it. */
  readonly isApart: boolean;
}

const maxAddresses = 1_000;

/**
 * Parses a list; groups count as what they hold, and empty elements as nothing.
 * @throws {MailError} `malformed`: it is no list of addresses; `too_large`: over 1000 of them.
 */
export function parseAddressList(text: string): ListedAddress[] {
  const found: ListedAddress[] = [];
  let element: Token[] = [];
  let isInside = false; // < and >
  const flush = () => {
    const mailbox = parseMailbox(element);
    if (mailbox !== null) found.push(mailbox);
    if (found.length > maxAddresses) throw tooMany();
    element = [];
  };
  for (const token of tokensOf(text)) {
    const mark = token.kind === "mark" ? token.text : "";
    if (mark === "<" || mark === ">") isInside = mark === "<";
    if (isInside || !/^[,;:]$/.test(mark)) element.push(token);
    else if (mark === ":") element = groupName(element);
    else flush();
  }
  flush();
  return found;
}

/** What stands before the colon of a group is its name, which no address needs. */
function groupName(element: readonly Token[]): Token[] {
  if (element.every(({ kind, text }) => kind !== "mark" || text === ".")) return [];
  throw notAList();
}

function parseMailbox(element: readonly Token[]): ListedAddress | null {
  const tokens = element.filter(({ kind }) => kind !== "comment");
  const comment = element.findLast(({ kind }) => kind === "comment");
  if (tokens.length === 0) return null;
  const open = tokens.findIndex((token) => isMark(token, "<"));
  if (open < 0) {
    return {
      name: comment === undefined ? null : nameOf(comment.text),
      address: addressOf(tokens),
    };
  }
  if (!isMark(tokens.at(-1)!, ">")) throw notAList();
  const name = tokens.slice(0, open);
  if (name.some(({ kind, text }) => kind === "mark" && text !== ".")) throw notAList();
  return {
    name: nameOf(phrase(name)),
    address: addressOf(withoutRoute(tokens.slice(open + 1, -1))),
  };
}

/** RFC 5322 4.4: `<@relay,@relay:bob@x>` is `<bob@x>`. */
function withoutRoute(tokens: readonly Token[]): readonly Token[] {
  if (tokens[0] === undefined || !isMark(tokens[0], "@")) return tokens;
  return tokens.slice(tokens.findIndex((token) => isMark(token, ":")) + 1);
}

/** Joins words and dots around at most one `@`; two words side by side are no address. */
function addressOf(tokens: readonly Token[]): string {
  const marks = tokens.filter(({ kind }) => kind === "mark").map(({ text }) => text).join("");
  const alternates = tokens.every(({ kind }, at) => kind === (at % 2 === 0 ? "word" : "mark"));
  if (!alternates || tokens.length % 2 === 0 || !/^\.*(?:@\.*)?$/.test(marks)) throw notAList();
  return tokens.map(({ text, isQuoted }) =>
    isQuoted && !/^[^\s()<>[\]:;@\\,."]+(?:\.[^\s()<>[\]:;@\\,."]+)*$/.test(text)
      ? `"${text.replace(/["\\]/g, "\\$&")}"`
      : text
  ).join("");
}

function phrase(tokens: readonly Token[]): string {
  return tokens.map(({ text, isApart }) => `${isApart ? " " : ""}${text}`).join("");
}

function nameOf(text: string): string | null {
  const name = decodeWords(text).replace(/\s+/g, " ").trim();
  return name === "" ? null : name;
}

function isMark({ kind, text }: Token, mark: string): boolean {
  return kind === "mark" && text === mark;
}

function* tokensOf(text: string): Generator<Token> {
  const pattern =
    /\s+|"((?:[^"\\]|\\[^])*)"|(\[[^[\]\\]*\]|[^\s()<>[\]:;@\\,."]+)|([<>:;@,.])|(\()/y;
  let isApart = false;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) throw notAList();
    const [, quoted, atom, mark, parenthesis] = match;
    const isQuoted = quoted !== undefined;
    if (parenthesis !== undefined) {
      const end = endOfComment(text, pattern.lastIndex);
      const inner = text.slice(pattern.lastIndex, end - 1);
      yield { kind: "comment", text: inner.replace(/\\([^])/g, "$1"), isQuoted, isApart };
      pattern.lastIndex = end;
    } else if (isQuoted) {
      yield { kind: "word", text: quoted.replace(/\\([^])/g, "$1"), isQuoted, isApart };
    } else if (atom !== undefined) yield { kind: "word", text: atom, isQuoted, isApart };
    else if (mark !== undefined) yield { kind: "mark", text: mark, isQuoted, isApart };
    isApart = parenthesis !== undefined || (quoted ?? atom ?? mark) === undefined;
  }
}

/** Finds what follows a comment, which may hold comments. */
function endOfComment(text: string, from: number): number {
  for (let at = from, depth = 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at + 1;
  }
  throw notAList();
}

function notAList(): MailError {
  return new MailError(
    "malformed",
    "Cannot read a field of the message: it is not a list of addresses",
  );
}

function tooMany(): MailError {
  return new MailError(
    "too_large",
    `Cannot read a field of more than ${maxAddresses} addresses`,
  );
}
