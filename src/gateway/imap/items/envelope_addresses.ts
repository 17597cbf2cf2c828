/** The addresses of a field as ENVELOPE has them (RFC 9051 7.5.2): groups, routes, and what is no address at all. */
import {
  type AddressToken,
  addressTokens,
  isMark,
  textOf,
} from "../../../mime/header/address_token.ts";

/** All strings are bytes as characters. */
export interface EnvelopeAddress {
  readonly name: string | null;
  /** RFC 5322 4.4: such as `@relay,@relay`. */
  readonly route: string | null;
  /** Null only where a group ends. */
  readonly mailbox: string | null;
  /** Null where a group begins or ends. */
  readonly host: string | null;
}

const maxAddresses = 1_000;

// Null would be a group here, so what is missing has the words that Dovecot has for it.
const missingMailbox = "MISSING_MAILBOX";
const missingHost = "MISSING_DOMAIN";
const brokenHost = "SYNTAX_ERROR";

const groupEnd: EnvelopeAddress = { name: null, route: null, mailbox: null, host: null };

/** Reads a list, `maxAddresses` of it at most: what cannot be read takes nothing from the others. Never throws. */
export function readEnvelopeAddresses(text: string): EnvelopeAddress[] {
  return listAddresses(addressTokens(text.replaceAll(noBreakSpace, standIn)))
    .slice(0, maxAddresses)
    .map(({ name, route, mailbox, host }) => ({
      name: restored(name),
      route: restored(route),
      mailbox: restored(mailbox),
      host: restored(host),
    }));
}

// One byte of many characters of UTF-8, which is no blank here.
const noBreakSpace = "\xa0";
const standIn = "\ue0a0";

function restored(text: string | null): string | null {
  return text?.replaceAll(standIn, noBreakSpace) ?? null;
}

function listAddresses(tokens: readonly AddressToken[]): EnvelopeAddress[] {
  const found: EnvelopeAddress[] = [];
  let element: AddressToken[] = [];
  let isInGroup = false;
  let isInside = false; // < and >
  const end = () => {
    if (element.some(({ kind }) => kind !== "comment")) found.push(addressOf(element));
    element = [];
  };
  for (const token of tokens) {
    if (isMark(token, "<")) isInside = true;
    if (isMark(token, ">")) isInside = false;
    if (!isInside && isMark(token, ":") && !isInGroup) {
      found.push({ ...groupEnd, mailbox: textOf(withoutComments(element)) });
      element = [];
      isInGroup = true;
    } else if (!isInside && isMark(token, ",")) end();
    else if (!isInside && isMark(token, ";")) {
      end();
      if (isInGroup) found.push(groupEnd);
      isInGroup = false;
    } else element.push(token);
  }
  end();
  if (isInGroup) found.push(groupEnd);
  return found;
}

function addressOf(element: readonly AddressToken[]): EnvelopeAddress {
  const tokens = withoutComments(element);
  const open = tokens.findIndex((token) => isMark(token, "<"));
  if (open >= 0) return inBrackets(tokens, open);
  const bare = isName(tokens) ? null : bareAddress(tokens) ?? addressWithin(tokens);
  if (bare === null) {
    return { name: textOf(tokens), route: null, mailbox: missingMailbox, host: missingHost };
  }
  const comment = element.slice(element.indexOf(tokens[0]!))
    .findLast(({ kind }) => kind === "comment");
  return { name: comment?.text ?? null, route: null, ...bare };
}

function isName(tokens: readonly AddressToken[]): boolean {
  return tokens.length === 1 && tokens[0]!.isQuoted;
}

/** The first address in what is none, such as two without a comma between them. */
function addressWithin(tokens: readonly AddressToken[]): ReturnType<typeof bareAddress> {
  const at = tokens.findIndex((token) => isMark(token, "@"));
  const belongs = (token: AddressToken | undefined) =>
    token !== undefined && (token.kind === "word" || isMark(token, "."));
  let from = at;
  while (belongs(tokens[from - 1]) && (from === at || !tokens[from]!.isApart)) from--;
  let to = at + 1;
  while (belongs(tokens[to]) && (to === at + 1 || !tokens[to]!.isApart)) to++;
  return at < 0 || from === at ? null : bareAddress(tokens.slice(from, to));
}

/** RFC 5322 3.4: name-addr. */
function inBrackets(tokens: readonly AddressToken[], open: number): EnvelopeAddress {
  const name = textOf(tokens.slice(0, open));
  const close = tokens.findIndex((token) => isMark(token, ">"));
  const inner = tokens.slice(open + 1, close < 0 ? tokens.length : close);
  const colon = isMark(inner[0] ?? tokens[open]!, "@")
    ? inner.findIndex((token) => isMark(token, ":"))
    : -1;
  const route = colon < 0 ? null : textOf(inner.slice(0, colon)).replace(/\s/g, "");
  const bare = bareAddress(inner.slice(colon + 1));
  return {
    name: name === "" ? null : name,
    route,
    mailbox: bare?.mailbox ?? missingMailbox,
    host: close < 0 ? brokenHost : bare?.host ?? missingHost,
  };
}

/** RFC 5322 3.4.1: addr-spec, or a local part alone. */
function bareAddress(
  tokens: readonly AddressToken[],
): Pick<EnvelopeAddress, "mailbox" | "host"> | null {
  const shape = tokens.map(({ kind, text }) => kind === "word" ? "w" : text).join("");
  if (!/^[w.]*(?:@[w.]*)?$/.test(shape) || !isOneLocalPart(tokens)) return null;
  const at = tokens.findIndex((token) => isMark(token, "@"));
  const mailbox = textOfAll(at < 0 ? tokens : tokens.slice(0, at));
  const host = at < 0 ? "" : textOfAll(tokens.slice(at + 1));
  return {
    mailbox: mailbox === "" ? missingMailbox : mailbox,
    host: host === "" ? missingHost : host,
  };
}

/** Two words side by side are a name. */
function isOneLocalPart(tokens: readonly AddressToken[]): boolean {
  return tokens.every(({ kind }, at) => kind !== "word" || tokens[at - 1]?.kind !== "word");
}

function textOfAll(tokens: readonly AddressToken[]): string {
  return tokens.map(({ text }) => text).join("");
}

function withoutComments(tokens: readonly AddressToken[]): AddressToken[] {
  return tokens.filter(({ kind }) => kind !== "comment");
}
