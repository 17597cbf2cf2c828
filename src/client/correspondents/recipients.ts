/** Who a message goes to: addresses resolved to accounts of the server and to their keys. */
import { accountFingerprint } from "../../crypto/fingerprint.ts";
import { verifyPublishedKeys } from "../../crypto/account/identity.ts";
import {
  type AccountName,
  type Address,
  addressAt,
  formatAddress,
  localName,
  type ParsedAddress,
  parseName,
} from "../../model/address.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { OpenAccount } from "../account.ts";
import {
  formatTaggedAddress,
  parseTaggedAddress,
  type TaggedAddress,
} from "../../model/tagged_address.ts";
import type { FoundKeys } from "../../wire/layouts.ts";
import { unexpectedReply } from "../unexpected_reply.ts";

/** The parsed addresses of a draft; nobody is named twice. */
export interface AddressedTo {
  readonly to: readonly TaggedAddress[];
  readonly cc: readonly TaggedAddress[];
  readonly bcc: readonly TaggedAddress[];
}

export type Role = "to" | "cc" | "bcc";

/** One account that gets a copy. */
export interface Recipient {
  readonly name: AccountName;
  /** `name@domain` */
  readonly address: Address;
  /** The others must not learn of a "bcc". */
  readonly role: Role;
  /** The age recipient to seal to. */
  readonly sealTo: string;
  readonly fingerprint: AccountFingerprint;
  /** `name@domain` or `name+tag@domain`, as readers are shown it: at least one. */
  readonly shown: readonly string[];
  /** `name@domain` of the aliases that the sender wrote for it. */
  readonly aliases: readonly Address[];
}

/**
 * Parses the addresses of a draft; one that stands twice counts where it stands first.
 * @throws {MailError} `malformed`; `usage` for nobody at all; `too_large`
 */
export function parseRecipients(draft: {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
}): AddressedTo {
  const seen = new Set<string>();
  const parse = (texts: readonly string[]) =>
    texts.map(parseTaggedAddress).filter((address) => {
      const known = seen.has(formatTaggedAddress(address));
      seen.add(formatTaggedAddress(address));
      return !known;
    });
  const addressed = { to: parse(draft.to), cc: parse(draft.cc), bcc: parse(draft.bcc) };
  if (seen.size === 0) throw new MailError("usage", "Cannot send: there is no recipient");
  if (seen.size > limits.maxRecipients) {
    throw new MailError(
      "too_large",
      `Cannot send to ${seen.size} recipients at once: the limit is ${limits.maxRecipients}`,
      { hint: "Send it to some of them at a time." },
    );
  }
  return addressed;
}

/** The account names to look up, in the order that `resolveRecipients` expects the answers. */
export function namesOf({ to, cc, bcc }: AddressedTo): AccountName[] {
  return [...to, ...cc, ...bcc].map(({ name }) => name);
}

/** An address of a draft, and where it stands. */
export interface Addressee {
  readonly address: Address;
  readonly role: Role;
}

/**
 * Joins addresses with the keys the server gave for them.
 * @throws {MailError} `no_such_recipient` naming all that do not exist; `bad_signature` for keys that are not signed
 */
export async function resolveRecipients(
  addressed: AddressedTo,
  account: OpenAccount,
  found: readonly (FoundKeys | null)[],
): Promise<Recipient[]> {
  const { domain } = account;
  const all = [...addressed.to, ...addressed.cc, ...addressed.bcc];
  if (found.length !== all.length) throw unexpectedReply();
  const unknown = all.filter((address, index) =>
    localName(address, domain) === null || !found[index]
  );
  if (unknown.length > 0) throw noSuchRecipient(unknown, domain);
  const roles: Role[] = (["to", "cc", "bcc"] as const)
    .flatMap((role) => addressed[role].map(() => role));
  const recipients = await Promise.all(
    all.map((address, index) => resolveRecipient(address, account, found[index]!, roles[index]!)),
  );
  return joinByAccount(recipients);
}

/** One for each account: `user`, `user+tag`, `user@domain` and an alias may all have been written. */
function joinByAccount(recipients: readonly Recipient[]): Recipient[] {
  const joined = new Map<string, Recipient>();
  for (const recipient of recipients) {
    const { shown, aliases, ...first } = joined.get(recipient.name) ?? recipient;
    const isShown = first.role === recipient.role; // one role each: the first
    joined.set(recipient.name, {
      ...first,
      shown: [...new Set([...shown, ...isShown ? recipient.shown : []])],
      aliases: [...new Set([...aliases, ...recipient.aliases])],
    });
  }
  return [...joined.values()];
}

/**
 * Checks the keys that the server gave for one address. A server may say that it is an alias: then it is for the
 * caller to hold that against what is pinned for the alias.
 * @throws {MailError} `bad_signature`; `protocol` for an account that cannot be
 */
export async function resolveRecipient(
  wanted: TaggedAddress,
  account: OpenAccount,
  found: FoundKeys,
  role: Role,
): Promise<Recipient> {
  const { domain } = account;
  const isOwn = wanted.name === account.name; // nobody else is asked for one's own keys
  const name = isOwn ? account.name : found.name;
  const { keys } = found;
  const isAlias = name !== wanted.name;
  if (isAlias && parseName(name) !== name) throw unexpectedReply();
  const shown = [formatTaggedAddress({ name, domain, tag: isAlias ? null : wanted.tag })];
  const aliases = isAlias ? [addressAt(wanted.name, domain)] : [];
  if (name === account.name) {
    const { address, publicKeys, fingerprint } = account;
    return { name, address, role, sealTo: publicKeys.recipient, fingerprint, shown, aliases };
  }
  if (!await verifyPublishedKeys(name, domain, keys)) {
    throw new MailError(
      "bad_signature",
      `Cannot trust the keys of ${name}: they are not signed by ${name}`,
    );
  }
  const fingerprint = await accountFingerprint(keys);
  const address = addressAt(name, domain);
  return { name, address, role, sealTo: keys.recipient, fingerprint, shown, aliases };
}

function noSuchRecipient(unknown: readonly ParsedAddress[], domain: string): MailError {
  const named = (which: readonly ParsedAddress[]) => which.map(formatAddress).join(", ");
  const local = unknown.filter((address) => localName(address, domain) !== null);
  const elsewhere = unknown.filter((address) => localName(address, domain) === null);
  const reasons = [
    ...(local.length > 0 ? [`${named(local)}: there is no such account`] : []),
    ...(elsewhere.length > 0
      ? [`${named(elsewhere)}: mailctl sends only to accounts of ${domain}`]
      : []),
  ];
  return new MailError("no_such_recipient", `Cannot send to ${reasons.join("; ")}`, {
    hint: "Check the address. No recipient has the message yet.",
  });
}
