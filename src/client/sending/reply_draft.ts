/** What an answer, or a forwarded message, takes from the one it is about: only from what verifies. */
import type { EntryId } from "../../model/ids.ts";
import { type Address, formatAddress } from "../../model/address.ts";
import { systemDisplayName } from "../../model/bounce.ts";
import { cutText } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Headers } from "../../model/message.ts";
import { parseTaggedAddress } from "../../model/tagged_address.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { requireSeen } from "../reading/seen.ts";

/** Who an answer goes to, and what it is called. */
export interface Answer {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly subject: string;
}

/**
 * Makes the head of an answer: to the sender, or, of one's own sent message, to those it went to. With `all` the
 * others that it shows get it too; `own` (`name@domain`) is never among them.
 * @throws {MailError} `bad_signature`, `key_changed` where the message does not verify; `usage` where it shows nobody,
 * or is a notice
 */
export function answerTo(message: ListedMessage, own: Address, all: boolean): Answer {
  const headers = requireVerified(message, "answer");
  const isOwn = message.box === "sent";
  const author = message.origin === null ? message.from : headers.from; // who is shown: it is a person that answers
  // In mail of elsewhere a bare word is of a name with a comma, and no account of this server.
  const people = (addresses: readonly string[]) =>
    addresses.filter((address) => message.origin === null || address.includes("@"));
  const to = people(isOwn ? headers.to : [author]);
  const others = people(isOwn ? headers.cc : [...headers.to, ...headers.cc]);
  const seen = new Set([...to.map(folded), own]);
  const cc = (all ? others : []).filter((address) => {
    const isNew = !seen.has(folded(address));
    seen.add(folded(address));
    return isNew;
  });
  if (to.length === 0) throw nobody(message.id);
  return { to, cc, subject: prefixed("Re", headers.subject) };
}

/** Names the subject of a message that is passed on. */
export function forwardedSubject({ subject }: Headers): string {
  return prefixed("Fwd", subject);
}

/** Gets the headers of a message that may be built on. @throws {MailError} `bad_signature`, `key_changed`; `usage` for a notice */
export function requireVerified(
  message: ListedMessage,
  verb: "answer" | "forward" | "edit",
): Headers {
  const { id, from, headers, outcome } = message;
  const isRefused = headers === null || outcome === "invalid";
  // a look at a notice opens none of it; a whole one may be forwarded, but has nobody to answer
  const isNotice = isRefused ? from.startsWith(`${systemDisplayName}@`) : outcome === "notice";
  if (isNotice && (isRefused || verb === "answer")) {
    throw new MailError("usage", `Cannot ${verb} message ${id}: it is a notice of the server`);
  }
  if (headers === null || outcome === "invalid") {
    throw new MailError("bad_signature", `Cannot ${verb} message ${id}: its signature is invalid`);
  }
  if (verb !== "edit") requireSeen(message, verb);
  if (outcome !== "changed") return headers;
  throw new MailError("key_changed", `Cannot ${verb} message ${id}: the key of ${from} changed`, {
    hint: "Ask the sender, by another way, for the fingerprint that `mailctl whoami` shows.",
  });
}

/** Puts the prefix there once: `Re: re: RE[2]: x` is answered with `Re: x`. RFC 5322 3.6.5. */
function prefixed(prefix: "Re" | "Fwd", subject: string): string {
  const line = subject.replace(/\p{Cc}/gu, " "); // a sender's signed line break would stop the send
  const pattern = prefix === "Re" ? /^(?:\s*re(?:\[\d{1,4}\])?:)+\s*/i : /^(?:\s*fwd?:)+\s*/i;
  return cutText(`${prefix}: ${line.replace(pattern, "")}`.trimEnd(), limits.maxSubjectBytes);
}

/** An address as it is compared, without its tag; one that cannot be parsed is refused when it is sent to. */
function folded(address: string): string {
  try {
    return formatAddress(parseTaggedAddress(address));
  } catch {
    return address;
  }
}

function nobody(id: EntryId): MailError {
  return new MailError("usage", `Cannot answer message ${id}: it names no recipient`, {
    hint: `Use \`mailctl send NAME --reply-to ${id}\`.`,
  });
}
