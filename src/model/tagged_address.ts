/** Tags: `bob+scans@domain` is bob's address (RFC 5233), for its owner to tell mail apart. No account's name has a `+`. */
import { formatAddress, parseAddress, type ParsedAddress } from "./address.ts";
import { limits } from "./limits.ts";

/** An address with its tag, as it was written; null: it has none. */
export interface TaggedAddress extends ParsedAddress {
  readonly tag: string | null;
}

/** A tag that can be written to anywhere: none of its characters is ever quoted. */
const tagged = new RegExp(
  String.raw`(^|<)([^<>@+\s"]+)\+([\w.+=-]{1,${limits.maxTagCharacters}})(?=@|>|$)`,
);

/** Reads what `parseAddress` does, with or without a tag. @throws {MailError} `malformed` */
export function parseTaggedAddress(text: string): TaggedAddress {
  const tag = tagged.exec(text)?.[3] ?? null;
  return { ...parseAddress(text.replace(tagged, "$1$2")), tag };
}

/** Writes what `parseTaggedAddress` reads back. */
export function formatTaggedAddress({ name, domain, tag }: TaggedAddress): string {
  return tag === null
    ? formatAddress({ name, domain })
    : domain === null
    ? `${name}+${tag}`
    : `${name}+${tag}@${domain}`;
}

/** What stands before the tag of a local part, whatever the tag is made of; all of it where there is none. */
export function withoutTag(local: string): string {
  const at = local.indexOf("+");
  return at < 1 ? local : local.slice(0, at);
}

/** The account's own address in the place of one with a tag; any other text as it is. */
export function untagged(address: string): string {
  return address.replace(tagged, "$1$2");
}
