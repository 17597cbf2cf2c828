/** Who mail is from, in one spelling: what senders are blocked by. */
import { bareAddress, parseDomain, parseName } from "./address.ts";
import { utf8 } from "./bytes.ts";
import { MailError } from "./errors.ts";
import { withoutTag } from "./tagged_address.ts";

const maxLocalPartBytes = 64; // RFC 5321 4.5.3.1.1

/** Clients refuse it by name, and the server by alias as well. */
export const blocksOneself = "Cannot block your own account: name another sender";

/**
 * Folds an address to the account name that it has at the server of a domain, or else to `local@domain`, in lower case
 * and without quotes. A name without a domain is an account's, and a tag behind an account's name is dropped. Returns at most 318 bytes.
 *
 * @throws {MailError} `malformed`
 */
export function parseSender(text: string, serverDomain: string): string {
  const bare = bareAddress(text);
  if (bare === null) throw notAnAddress(text);
  const at = bare.lastIndexOf("@");
  if (at < 0) return parseName(withoutTag(bare));
  const local = bare.slice(0, at);
  const domain = parseDomain(bare.slice(at + 1));
  if (domain === serverDomain) return parseName(withoutTag(local));
  if (!/^[^\s\p{C}"(),:;<>@[\\\]]+$/u.test(local) || utf8(local).length > maxLocalPartBytes) {
    throw notAnAddress(text);
  }
  return `${local.normalize("NFC").toLowerCase()}@${domain}`;
}

/** Folds an address that somebody else wrote; null where it is none. */
export function senderOf(text: string, serverDomain: string): string | null {
  try {
    return parseSender(text, serverDomain);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return null;
  }
}

function notAnAddress(text: string): MailError {
  const shown = JSON.stringify(text.slice(0, 100));
  return new MailError("malformed", `Cannot accept ${shown}: it is not one address`);
}
