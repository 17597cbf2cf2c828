/**
 * The addresses of MAIL FROM and RCPT TO (RFC 5321 4.1.2), and as devices write them: without brackets, named by
 * themselves, with dots where none may be. What could be read in two ways is refused.
 */
import { hasControl } from "./codec.ts";

export interface Path {
  /** Without brackets and route; empty: the null sender. */
  readonly address: string;
  /** What stands behind it. */
  readonly parameters: string;
}

export type PathKeyword = "FROM" | "TO";

/** A quoted string, or a character that stands for itself: neither holds a bracket or a blank by accident. */
const pieces = String.raw`(?:"(?:[^"\\]|\\.)*"|[^<>"\s])`;
const bracketed = new RegExp(String.raw`^<(${pieces}*)>(?:\s+(.*))?$`, "s");
const bare = new RegExp(String.raw`^(${pieces}+)(?:\s+(.*))?$`, "s");
/** RFC 5321 4.1.1.3, appendix F.2: taken, and passed over. */
const sourceRoute = /^@[^\s,:@]+(?:,@[^\s,:@]+)*:/;

const maxPathCharacters = 254; // RFC 5321 4.5.3.1.3, without the brackets

/** Parses what stands behind MAIL or RCPT. Null: it is no address. An address without a domain gets this one. */
export function parsePath(keyword: PathKeyword, argument: string, ownDomain: string): Path | null {
  const [, name = "", text = ""] = /^([A-Za-z]+)\s*:\s*(.*)$/s.exec(argument) ?? [];
  const found = name.toUpperCase() === keyword ? findPath(text) : null;
  if (found === null) return null;
  if (found.address === "") return keyword === "FROM" ? found : null;
  const address = parseMailbox(found.address, ownDomain);
  if (address === null || keyword === "TO" && isRoutedByQuotes(address)) return null;
  return { ...found, address };
}

function findPath(text: string): Path | null {
  const [, own = ""] = /^([^<\s]\S*)\s+</.exec(text) ?? [];
  const inBrackets = bracketed.exec(text.slice(own.length).trimStart());
  if (inBrackets !== null) {
    const [, address = "", parameters = ""] = inBrackets;
    // `a@x <a@x>` is one address; another name in front of it may be meant as a second one.
    if (own !== "" && own.toLowerCase() !== address.toLowerCase()) return null;
    return { address: address.replace(sourceRoute, ""), parameters };
  }
  const [, address = "", parameters = ""] = bare.exec(text) ?? [];
  return address === "" ? null : { address, parameters };
}

function parseMailbox(text: string, ownDomain: string): string | null {
  const parts = /^("(?:[^"\\]|\\.)*"|[^"@]+)(?:@(.*))?$/s.exec(text);
  if (parts === null || isUnsafe(text)) return null;
  const [, said = "", written = ownDomain] = parts;
  const local = withoutNeedlessQuotes(said);
  const domain = written.replace(/\.$/, ""); // the root's own
  const address = `${local}@${domain}`;
  return address.length <= maxPathCharacters && isDomain(domain) ? address : null;
}

const atom = String.raw`[\w!#$%&'*+/=?^{|}~\u0060\u0080-\uffff-]+`;
const dotString = new RegExp(String.raw`^${atom}(?:\.${atom})*$`);

/** RFC 5321 4.1.2: `"mia"@x` is `mia@x`. Quotes stay around what needs them. */
function withoutNeedlessQuotes(local: string): string {
  const [, quoted = ""] = /^"(.*)"$/s.exec(local) ?? [];
  const text = quoted.replace(/\\(.)/gs, "$1");
  return dotString.test(text) ? text : local;
}

const maxHostCharacters = 300; // RFC 5321 4.5.3.1.2: 255

/** True for what a client may call itself. RFC 5321 4.1.1.1 wants a domain; devices say a name, blanks and all. */
export function isHostName(text: string): boolean {
  return text !== "" && text.length <= maxHostCharacters && !hasControl(text);
}

/** Control characters, and letters that cannot be seen: they forge headers, logs and addresses. */
function isUnsafe(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff]/.test(text);
}

/** A host's name, with the underscores that some have, or an address in brackets (RFC 5321 4.1.3). */
function isDomain(domain: string): boolean {
  const [, literal] = /^\[(.*)\]$/.exec(domain) ?? [];
  if (literal !== undefined) return isAddressLiteral(literal);
  return /^[\w\u0080-\uffff.-]+$/.test(domain) && !/^\.|\.$|\.\.|\.-|-\./.test(domain);
}

function isAddressLiteral(text: string): boolean {
  const [, ipv6] = /^IPv6:([0-9a-f:.]+)$/i.exec(text) ?? [];
  const host = ipv6 === undefined ? text : `[${ipv6}]`;
  return (ipv6 !== undefined || /^(?:\d{1,3}\.){3}\d{1,3}$/.test(text)) &&
    URL.canParse(`http://${host}/`);
}

/** `"victim@elsewhere"@here`: some hosts would pass it on. */
function isRoutedByQuotes(address: string): boolean {
  return address.indexOf("@") < address.lastIndexOf("@");
}
