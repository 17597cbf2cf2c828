/** In whose name mail comes: an address of this server's is its account's own to use, and nobody else's. */
import { type ListedAddress, parseAddressList } from "../../mime/address_list.ts";
import type { Header } from "../../mime/header.ts";
import { parseAddress, parseDomain } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";

/** The server, and the account that logged in; null: nobody did. */
export interface Login {
  readonly domain: string;
  readonly account: string | null;
}

/** The name that an address has at a domain; null where it is another's, or none at all. */
export function nameAt(domain: string, text: string): string | null {
  try {
    const address = parseAddress(text);
    return address.domain === null || address.domain === domain ? address.name : null;
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return null;
  }
}

/** Checks MAIL FROM. Nobody's (`<>`) is anybody's: so come bounces. @throws {MailError} `denied` */
export function requireSender(login: Login, sender: string): void {
  if (sender !== "") requireOwn(login, sender, "Cannot send as");
}

/**
 * Checks who a message says that it is from.
 * @throws {MailError} `denied` for an author who is not whoever logged in, or an account where nobody did
 */
export function requireAuthor(login: Login, header: Header): void {
  for (const author of header.getAllStructured("from").flatMap(authorsIn)) {
    requireOwn(login, author, "Cannot accept a message with From:");
  }
}

/** What cannot be read as addresses is one author, as it is shown to readers. */
function authorsIn(text: string): string[] {
  try {
    const found = parseAddressList(text).map(({ address }: ListedAddress) => address);
    return found.length === 0 && text !== "" ? [text] : found;
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return [namedByItself(text) ?? text];
  }
}

/** Devices write `a@x <a@x>`, which RFC 5322 3.4 would have in quotes: it can mean one address alone. */
function namedByItself(text: string): string | null {
  const [, name = "", address = ""] = /^([^\s<>,;:"()]+)\s+<([^\s<>,;:"()]+)>$/.exec(text) ?? [];
  return name !== "" && name.toLowerCase() === address.toLowerCase() ? address : null;
}

function requireOwn({ domain, account }: Login, address: string, act: string): void {
  const isOwn = account !== null && nameAt(domain, address) === account;
  const mayBe = account === null ? !isAt(domain, address) : isOwn;
  if (mayBe) return;
  const rule = account === null
    ? `only its own account may, after a login`
    : `you are logged in as ${account}@${domain}`;
  throw new MailError("denied", `${act} ${address}: ${rule}`);
}

/** A name without a domain is of this one, and so is what only shows one of its addresses. */
function isAt(domain: string, text: string): boolean {
  if (nameAt(domain, text) !== null) return true;
  return [...text.toLowerCase().matchAll(/@([^\s@<>()",;:]+)/g)]
    .some(([, after]) => domainOf(after!.replace(/\.+$/, "")) === domain);
}

function domainOf(text: string): string | null {
  try {
    return parseDomain(text);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return null;
  }
}
