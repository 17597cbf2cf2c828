/** What a list of addresses is made of (RFC 5322 3.2), in one pass over its text. Never throws. */

export interface AddressToken {
  /**
   * `word` is an atom, an encoded word or a quoted string; `mark` one character with a meaning; `stray` one that has
   * none here, such as a quote that is not closed.
   */
  readonly kind: "word" | "mark" | "comment" | "stray";
  /** Of a quoted string or a comment, what it holds. */
  readonly text: string;
  readonly isQuoted: boolean;
  /** True where blanks or a comment stand before it. */
  readonly isApart: boolean;
}

// RFC 2047 5 (3) has no comma and no blank in an encoded word here; senders write both, and mean no separator.
const pattern =
  /(\s+)|(=\?[^?\s]+\?[bq]\?[^?]*\?=)|"((?:[^"\\]|\\[^])*)"|(\[[^[\]\\]*\]|[^\s()<>[\]:;@\\,."]+)|([<>:;@,.])/iy;

const maxFailures = 16; // each looks at all that follows

/** No list of 1000 addresses needs more; beyond them the text is not looked at. */
export const maxAddressTokens = 20_000;

/** Parts a text into tokens, `maxAddressTokens` at most. */
export function addressTokens(text: string): AddressToken[] {
  const tokens: AddressToken[] = [];
  let isApart = false;
  let failures = 0;
  const add = (kind: AddressToken["kind"], text: string, isQuoted = false) => {
    tokens.push({ kind, text, isQuoted, isApart });
    isApart = kind === "comment";
  };
  for (let at = 0; at < text.length && tokens.length < maxAddressTokens;) {
    const isOpening = text[at] === '"' || text[at] === "(";
    const mayOpen = !isOpening || failures < maxFailures;
    const end = mayOpen && text[at] === "(" ? endOfComment(text, at + 1) : null;
    pattern.lastIndex = at;
    const match = mayOpen && end === null ? pattern.exec(text) : null;
    if (end !== null) add("comment", unescape(text.slice(at + 1, end - 1)));
    else if (match === null) add("stray", text[at]!);
    else if (match[1] !== undefined) isApart = true;
    else if (match[3] !== undefined) add("word", unescape(match[3]), true);
    else if (match[5] !== undefined) add("mark", match[5]);
    else add("word", match[0]);
    if (isOpening && end === null && match === null) failures++;
    at = end ?? (match === null ? at + 1 : pattern.lastIndex);
  }
  return tokens;
}

/** The text of tokens, for a person. */
export function textOf(tokens: readonly AddressToken[]): string {
  return tokens.map(({ text, isApart }) => `${isApart ? " " : ""}${text}`).join("").trim();
}

export function isMark({ kind, text }: AddressToken, mark: string): boolean {
  return kind === "mark" && text === mark;
}

/** Every `<` with a `>` before the next one: only there a comma is no end. */
export function closedBrackets(tokens: readonly AddressToken[]): Set<AddressToken> {
  const closed = new Set<AddressToken>();
  let open: AddressToken | null = null;
  for (const token of tokens) {
    if (isMark(token, "<")) open = token;
    else if (isMark(token, ">") && open !== null) {
      closed.add(open);
      open = null;
    }
  }
  return closed;
}

/** Finds what follows a comment, which may hold comments; null where it is not closed. */
function endOfComment(text: string, from: number): number | null {
  for (let at = from, depth = 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at + 1;
  }
  return null;
}

function unescape(text: string): string {
  return text.replace(/\\([^])/g, "$1");
}
