/** Whom a message is for, as its own fields say: the server does not know a tag. */
import {
  formatTaggedAddress,
  parseTaggedAddress,
  type TaggedAddress,
} from "../../model/tagged_address.ts";
import type { ListedMessage } from "./opened_entry.ts";

/** True where a field shows the address: without a tag, with any. */
export function isFor(
  { headers }: Pick<ListedMessage, "headers">,
  wanted: TaggedAddress,
  domain: string,
): boolean {
  const withTag = wanted.tag !== null;
  const look = (address: TaggedAddress) =>
    formatTaggedAddress({
      name: address.name,
      domain: address.domain ?? domain,
      tag: withTag ? address.tag?.toLowerCase() ?? null : null,
    });
  const shown = headers === null ? [] : [...headers.to, ...headers.cc, ...headers.bcc];
  return shown.flatMap(addressOrNone).some((address) => look(address) === look(wanted));
}

/** What was imported, or came by SMTP, may name what is no address here. */
function addressOrNone(text: string): TaggedAddress[] {
  try {
    return [parseTaggedAddress(text)];
  } catch {
    return [];
  }
}
