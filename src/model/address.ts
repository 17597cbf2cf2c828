/**
 * Account names, domains and addresses: one account has one spelling, text is folded or refused.
 * The one-shot client starts through this file, so it never imports the table of look-alikes.
 */

import { MailError } from "./errors.ts";
import type { Brand } from "./ids.ts";
import { limits } from "./limits.ts";

/** The name of an account, without its domain; of somebody outside, the part before the `@`. */
export type AccountName = Brand<string, "account name">;
/** `name@domain`, whole: of an account, or of somebody outside. */
export type Address = Brand<string, "address">;

/** What the wire, a store or a file of ours says is a name: nothing is checked. Text of a person goes through `parseName`. */
export const asAccountName = (text: string): AccountName => text as AccountName;
/** What the wire, a store or a file of ours says is an address, as above. */
export const asAddress = (text: string): Address => text as Address;

/** An account of the server by its name, or an address that is nobody's there. As above. */
export function asAccountOrAddress(text: string): AccountName | Address {
  return text.includes("@") ? asAddress(text) : asAccountName(text);
}

/** An address, as `parseAddress` folds it; a `null` domain is the server's own. */
export interface ParsedAddress {
  readonly name: AccountName;
  readonly domain: string | null;
}

const maxLabelBytes = 63; // RFC 1035 2.3.4
const maxAddressCharacters = 998; // RFC 5322 2.1.1
const maxQuotedCharacters = 64;

/**
 * The letters of each script that a name may be written in, with marks where words need them.
 * The ranges are the everyday ones of UTS #39; a script alone would let in phonetic and historic
 * twins, and would grow with the runtime's Unicode version. Made when asked for: that costs half a millisecond.
 */
export const alphabets = (): readonly RegExp[] => [
  /[\p{Script=Latin}&&[a-z\u00df-\u017e\u01a1\u01b0\u01ce-\u01dc\u01df-\u0233\u0259\u1e01-\u1e99\u1ea1-\u1ef9]]/v,
  /[\p{Script=Cyrillic}&&[\u0430-\u045f\u048b-\u04ff\u0511-\u052f]]/v,
  /[\p{Script=Greek}&&[\u0390\u03ac-\u03ce\u1f00-\u1ff7]&&\p{L}]/v,
  /[\u05d0-\u05ea\u05f0-\u05f2]/u, // Hebrew, without its points
  /[\p{Script=Arabic}&&\p{L}&&[\u0620-\u06d5\u06ee-\u06ff\u0750-\u077f]]/v, // without harakat
  /[\p{Script=Devanagari}&&[\u0900-\u0963\u0971-\u097f]]/v,
  /[\p{Script=Thai}&&[\p{L}\p{M}]]/v,
  /[\uac00-\ud7a3]/u, // Hangul, in whole syllables
  // Japanese, and Chinese with it: Han, both kana, and the long-vowel mark, which is of no script.
  /(?=\p{Script=Han})[\u3005\u3400-\u9fff\u{20000}-\u{323af}]|[\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe]/u,
];

/** What people put between several names. */
const several = /[\s,;]/;
const severalHint =
  "It has no blanks or commas. If you mean several names, write them as several arguments.";

/**
 * Folds an account name to its one spelling: 1 to `limits.maxNameCharacters` code points.
 *
 * @throws {MailError} `malformed`, with the rule that the text breaks.
 */
export function parseName(text: string): AccountName {
  const name = text.length > 8 * limits.maxNameCharacters ? text : fold(text);
  const broken = brokenRule(name);
  if (broken !== null) {
    const hint = several.test(text) ? severalHint : undefined;
    throw new MailError("malformed", `Cannot accept the name ${quote(text)}: ${broken}`, { hint });
  }
  return asAccountName(name);
}

/** False too for a spelling that no account has: it could look like another. */
export function isFoldedName(text: string): boolean {
  try {
    return parseName(text) === text;
  } catch {
    return false;
  }
}

/**
 * Folds a domain to its lower-case ASCII form (IDNA), at most `limits.maxDomainBytes`.
 *
 * @throws {MailError} `malformed`, also for an IP address.
 */
export function parseDomain(text: string): string {
  const domain = text.length > limits.maxDomainBytes ? text : asciiDomain(text);
  if (domain === null) throw badDomain(text, "it is not a host name");
  if (domain.length > limits.maxDomainBytes) {
    throw badDomain(text, `it has ${domain.length} bytes: the limit is ${limits.maxDomainBytes}`);
  }
  const labels = domain.split(".");
  const label = labels.find((each) => !isLabel(each));
  if (label !== undefined) throw badDomain(text, `${quote(label)} is not a label of a host name`);
  if (/^\d+$/.test(labels.at(-1)!)) throw badDomain(text, "it is an IP address");
  return domain;
}

/**
 * Reads `user`, `user@domain` or `Display Name <user@domain>`; the display name is checked and dropped.
 *
 * @throws {MailError} `malformed`.
 */
export function parseAddress(text: string): ParsedAddress {
  const bare = bareAddress(text);
  if (bare === null || /@/.test(bare) && several.test(bare)) {
    const message = `Cannot accept the address ${quote(text)}: it is not one address`;
    const hint = bare === null
      ? "Write user, user@domain or Display Name <user@domain>."
      : severalHint;
    throw new MailError("malformed", message, { hint });
  }
  const at = bare.indexOf("@");
  if (at < 0) return { name: parseName(bare), domain: null };
  return { name: parseName(bare.slice(0, at)), domain: parseDomain(bare.slice(at + 1)) };
}

/** Writes what `parseAddress` reads back: `user` or `user@domain`. */
export function formatAddress({ name, domain }: ParsedAddress): AccountName | Address {
  return domain === null ? name : addressAt(name, domain);
}

/** Joins a name and a domain. */
export function addressAt(name: AccountName, domain: string): Address {
  return asAddress(`${name}@${domain}`);
}

/** Gives a name that stands without a domain that of the server. */
export function qualify(named: AccountName | Address, serverDomain: string): Address {
  return isAddress(named) ? named : addressAt(named, serverDomain);
}

function isAddress(named: AccountName | Address): named is Address {
  return named.includes("@");
}

/** The account that an address is on the server of a domain; `null` is another domain's. */
export function accountOf(address: Address, serverDomain: string): AccountName | null {
  const end = `@${serverDomain}`;
  return address.endsWith(end) ? asAccountName(address.slice(0, -end.length)) : null;
}

/**
 * Finds the account that an address means on the server of `serverDomain`, a result of `parseDomain`;
 * `null` is a foreign domain.
 */
export function localName(
  address: ParsedAddress,
  serverDomain: string | null,
): AccountName | null {
  return address.domain === null || address.domain === serverDomain ? address.name : null;
}

/** Folds once; `brokenRule` refuses what a second time would change. */
function fold(text: string): string {
  const folded = text.normalize("NFKC").toLowerCase();
  if (!/[σς]/.test(folded)) return folded;
  // toLowerCase keeps a typed sigma as it is: only its place may decide which of the two it is.
  return folded.replaceAll("ς", "σ").replace(/(?<=\p{L})σ(?!\p{L})/gu, "ς");
}

function brokenRule(name: string): string | null {
  const characters = [...name];
  if (characters.length === 0) return "it is empty";
  if (characters.length > limits.maxNameCharacters) {
    return `it has ${characters.length} characters: the limit is ${limits.maxNameCharacters}`;
  }
  // Compiling the rules of all scripts takes a millisecond of a client's start.
  const isAscii = /^[a-z0-9._-]+$/.test(name);
  return (isAscii ? null : brokenScriptRule(name)) ?? brokenSeparatorRule(name);
}

function brokenScriptRule(name: string): string | null {
  const letters = [...name].filter((character) => !/[0-9._-]/.test(character));
  const scripts = alphabets();
  const stranger = letters.find((letter) => !scripts.some((script) => script.test(letter)));
  if (stranger !== undefined) {
    return `${quote(stranger)} is not an accepted letter, a digit 0-9, ".", "_" or "-"`;
  }
  if (!scripts.some((script) => letters.every((letter) => script.test(letter)))) {
    return "it mixes letters of different scripts";
  }
  // RFC 5893 2: after a leading digit, two different spellings would be displayed alike.
  if (/^[0-9].*[\u05d0-\u077f]/.test(name)) return "it runs right to left and starts with a digit";
  // Thai and Devanagari stack up to three; more, or one twice, would be drawn over each other.
  if (/(?<![\p{L}\p{M}])\p{M}|(\p{M})\1|\p{M}{4}/u.test(name)) {
    return "its accents do not fit its letters";
  }
  return fold(name) === name ? null : "it has no stable lower-case form";
}

function brokenSeparatorRule(name: string): string | null {
  if (/^[._-]|[._-]$/.test(name)) return 'it starts or ends with ".", "_" or "-"';
  return /[._-]{2}/.test(name) ? 'it has two of ".", "_" and "-" in a row' : null;
}

function badDomain(text: string, reason: string): MailError {
  return new MailError("malformed", `Cannot accept the domain ${quote(text)}: ${reason}`);
}

/** A domain that URL has nothing to do to: lower case, no punycode to check, no number at its end. */
const asciiForm = /^(?!.*xn--)([a-z0-9-]+\.)*[a-z][a-z0-9-]*$/;

function asciiDomain(text: string): string | null {
  if (asciiForm.test(text)) return text;
  // What URL would take for another part of an address, or would silently drop.
  if (/[\p{C}\p{Z}/\\?#@:%[\]]/u.test(text)) return null;
  return URL.parse(`http://${text}/`)?.hostname ?? null;
}

function isLabel(text: string): boolean {
  return text.length <= maxLabelBytes && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);
}

/** Takes the display name off an address; null for what is not one address. */
export function bareAddress(text: string): string | null {
  if (text.length > maxAddressCharacters) return null;
  const trimmed = text.replace(/^ +| +$/g, "");
  if (!trimmed.endsWith(">")) return trimmed;
  if (/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u.test(trimmed)) return null;
  // RFC 5322 3.4: outside quotes, these would make it a list, a group or another address.
  const parts = /^(?:[^"<>,;:@]*|"(?:[^"\\]|\\.)*" *)<([^<>]*)>$/.exec(trimmed);
  return parts?.[1] ?? null;
}

/** Quotes hostile text for a message: at most 64 characters, invisible ones as `\u{...}`. */
function quote(text: string): string {
  const start = [...text.slice(0, 2 * maxQuotedCharacters)].slice(0, maxQuotedCharacters).join("");
  const visible = start.replace(
    /[^\p{L}\p{N}\p{P}\p{S} ]|[\p{Default_Ignorable_Code_Point}"\\]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
  return `"${visible}${start === text ? "" : "..."}"`;
}
