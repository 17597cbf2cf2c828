/** In whose name mail comes: an address of this server's is its account's own to use, and nobody else's. */
import { domainToUnicode } from "node:url";
import { readAddressList } from "../../mime/header/address_list.ts";
import type { Header } from "../../mime/header/header.ts";
import { shownAddresses, shownText } from "../../mime/header/shown_text.ts";
import { type AccountName, parseDomain } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { skeleton } from "../../model/skeleton.ts";
import { parseTaggedAddress, withoutTag } from "../../model/tagged_address.ts";

/** The server, and the account that logged in; null: nobody did. */
export interface SmtpLogin {
  readonly domain: string;
  readonly account: AccountName | null;
  /** Those of its aliases that the sender or the author may be. */
  readonly aliases: ReadonlySet<AccountName>;
}

/**
 * What stands before the `@` of an address at a domain, without its tag: `bob+x@domain` is bob's. In lower case, and
 * perhaps no name that an account can have. Null: the address is of another domain.
 */
export function localPartAt(domain: string, text: string): string | null {
  const at = text.lastIndexOf("@");
  if (at >= 0 && domainOf(text.slice(at + 1)) !== domain) return null;
  const local = at < 0 ? text : text.slice(0, at);
  const base = withoutTag(local);
  return nameAt(domain, base) ?? base.toLowerCase();
}

/** The name that an address has at a domain, without its tag; null where it is another's, or none at all. */
export function nameAt(domain: string, text: string): AccountName | null {
  try {
    const address = parseTaggedAddress(text);
    return address.domain === null || address.domain === domain ? address.name : null;
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return null;
  }
}

/** Checks MAIL FROM. Nobody's (`<>`) is anybody's: so come bounces. @throws {MailError} `denied` */
export function requireSender(login: SmtpLogin, sender: string): void {
  if (sender !== "") requireOwn(login, sender, "Cannot send as");
}

/** All From fields of one message. Reading addresses takes time, and the server has one thread for everybody. */
const maxAuthorCharacters = 4 * 1024;

/**
 * Checks who a message says that it is from.
 * @throws {MailError} `denied` for an author who is not whoever logged in, or an account where nobody did; `too_large`
 */
export function requireAuthor(login: SmtpLogin, header: Header): void {
  const fields = login.account === null ? [] : header.getAllStructured("from");
  const claimed = fields.flatMap(namesIn).filter((name) => isAt(login.domain, name));
  for (const author of [...authorsOf(header), ...claimed]) {
    requireOwn(login, author, "Cannot accept a message with From:");
  }
}

/** Finds the addresses of all From fields. @throws {MailError} `too_large` before it reads them */
export function authorsOf(header: Header): string[] {
  const fields = header.getAllStructured("from");
  if (fields.reduce((sum, { length }) => sum + length, 0) <= maxAuthorCharacters) {
    return fields.flatMap(authorsIn);
  }
  throw new MailError(
    "too_large",
    `Cannot accept a message with From: it has more than ${maxAuthorCharacters} characters`,
  );
}

/** What cannot be read as an address is one author, as it is shown to readers. */
function authorsIn(text: string): string[] {
  const { found, unread } = readAddressList(text, { withNames: false });
  return [...found.map(({ address }) => address), ...unread];
}

/** Names that are addresses: some programs show a reader nothing else. */
function namesIn(text: string): string[] {
  const names = readAddressList(text).found.map(({ name }) => name ?? "");
  return [...names.filter((name) => shownText(name).includes("@")), ...shownAddresses(text)];
}

function requireOwn({ domain, account, aliases }: SmtpLogin, address: string, act: string): void {
  const name = nameAt(domain, address);
  const isOwn = account !== null && name !== null && (name === account || aliases.has(name));
  const mayBe = account === null ? !isAt(domain, address) : isOwn;
  if (mayBe) return;
  const rule = account === null
    ? `only its own account may, after a login`
    : `you are logged in as ${account}@${domain}`;
  throw new MailError("denied", `${act} ${address}: ${rule}`);
}

/** A name without a domain is of this one, and so is what only shows one of its addresses, or looks like one. */
function isAt(domain: string, text: string): boolean {
  const forms = [...new Set([text, shownText(text)])];
  if (forms.some((form) => nameAt(domain, form) !== null)) return true;
  const look = lookOf(domain);
  return forms
    .flatMap((form) => [...form.matchAll(/@([^\s@<>()",;:]+)/g)])
    .some(([, after]) => {
      const bare = after!.replace(/\.+$/, "");
      return domainOf(bare) === domain || lookOf(bare) === look;
    });
}

/** What a domain looks like to a reader, with the names in its punycode shown as they are by programs. */
function lookOf(domain: string): string {
  return skeleton(shownText(domainToUnicode(domain) || domain));
}

function domainOf(text: string): string | null {
  try {
    return parseDomain(text);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return null;
  }
}
