/** Who a message goes to: addresses resolved to accounts of the server and to their keys. */
import { accountFingerprint } from "../../crypto/fingerprint.ts";
import { verifyPublishedKeys } from "../../crypto/account/identity.ts";
import { type Address, formatAddress, localName, parseAddress } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { OpenAccount } from "../account.ts";
import type { PublishedKeys } from "../../wire/layouts.ts";
import { unexpectedReply } from "../unexpected_reply.ts";

/** The parsed addresses of a draft; nobody is named twice. */
export interface AddressedTo {
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
}

export type Role = "to" | "cc" | "bcc";

/** One account that gets a copy. */
export interface Recipient {
  readonly name: string;
  /** `name@domain` */
  readonly address: string;
  /** The others must not learn of a "bcc". */
  readonly role: Role;
  /** The age recipient to seal to. */
  readonly sealTo: string;
  readonly fingerprint: Uint8Array;
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
    texts.map(parseAddress).filter((address) => {
      const known = seen.has(formatAddress(address));
      seen.add(formatAddress(address));
      return !known;
    });
  const addressed = { to: parse(draft.to), cc: parse(draft.cc), bcc: parse(draft.bcc) };
  if (seen.size === 0) throw new MailError("usage", "Cannot send: there is no recipient");
  if (seen.size > limits.maxRecipients) {
    throw new MailError(
      "too_large",
      `Cannot send to ${seen.size} recipients at once: the limit is ${limits.maxRecipients}`,
    );
  }
  return addressed;
}

/** The account names to look up, in the order that `resolveRecipients` expects the answers. */
export function namesOf({ to, cc, bcc }: AddressedTo): string[] {
  return [...to, ...cc, ...bcc].map(({ name }) => name);
}

/** An address of a draft, and where it stands. */
export interface Addressee {
  readonly address: string;
  readonly role: Role;
}

/**
 * Joins addresses with the keys the server gave for them.
 * @throws {MailError} `no_such_recipient` naming all that do not exist; `bad_signature` for keys that are not signed
 */
export async function resolveRecipients(
  addressed: AddressedTo,
  account: OpenAccount,
  keys: readonly (PublishedKeys | null)[],
): Promise<Recipient[]> {
  const { domain } = account;
  const all = [...addressed.to, ...addressed.cc, ...addressed.bcc];
  if (keys.length !== all.length) throw unexpectedReply();
  const unknown = all.filter((address, index) =>
    localName(address, domain) === null || !keys[index]
  );
  if (unknown.length > 0) throw noSuchRecipient(unknown, domain);
  const roles: Role[] = (["to", "cc", "bcc"] as const)
    .flatMap((role) => addressed[role].map(() => role));
  const recipients = await Promise.all(
    all.map(({ name }, index) => resolveRecipient(name, account, keys[index]!, roles[index]!)),
  );
  // `user` and `user@domain` may both have been written
  return recipients.filter(({ name }, index) =>
    recipients.findIndex((other) => other.name === name) === index
  );
}

/** Checks the keys that the server gave for one account. @throws {MailError} `bad_signature` */
export async function resolveRecipient(
  name: string,
  account: OpenAccount,
  keys: PublishedKeys,
  role: Role,
): Promise<Recipient> {
  const { domain } = account;
  if (name === account.name) { // nobody else is asked for one's own keys
    const { address, publicKeys, fingerprint } = account;
    return { name, address, role, sealTo: publicKeys.recipient, fingerprint };
  }
  if (!await verifyPublishedKeys(name, domain, keys)) {
    throw new MailError(
      "bad_signature",
      `Cannot trust the keys of ${name}: they are not signed by ${name}`,
    );
  }
  const fingerprint = await accountFingerprint(keys);
  return { name, address: `${name}@${domain}`, role, sealTo: keys.recipient, fingerprint };
}

function noSuchRecipient(unknown: readonly Address[], domain: string): MailError {
  const named = (which: readonly Address[]) => which.map(formatAddress).join(", ");
  const local = unknown.filter((address) => localName(address, domain) !== null);
  const elsewhere = unknown.filter((address) => localName(address, domain) === null);
  const reasons = [
    ...(local.length > 0 ? [`${named(local)}: there is no such account`] : []),
    ...(elsewhere.length > 0 ? [`${named(elsewhere)}: ${onlyAccountsOf(domain)}`] : []),
  ];
  return new MailError("no_such_recipient", `Cannot send to ${reasons.join("; ")}`, {
    hint: "Check the address and send again. No recipient has the message yet.",
  });
}

/** Why an address of another domain is refused. */
export function onlyAccountsOf(domain: string): string {
  return `mailctl sends only to accounts of ${domain}`;
}
