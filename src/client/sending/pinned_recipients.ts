/** The keys of those a message goes to, before it is sealed to them: followed where they led on, refused, pinned. */
import type { Address } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import type { OpenAccount } from "../account.ts";
import { addMissing, type Contact } from "../correspondents/contacts.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import { keyChanged, notVerified } from "../correspondents/keyring_failures.ts";
import {
  namesOf,
  parseRecipients,
  type Recipient,
  resolveRecipients,
} from "../correspondents/recipients.ts";
import type { SendContext } from "./send_context.ts";

/** Goes on to the new keys of those whose known ones led to them. */
export async function followChanged(
  { client, now }: SendContext,
  keyring: Keyring,
  { domain }: OpenAccount,
  recipients: readonly Recipient[],
): Promise<void> {
  const changed = recipients.flatMap(pinnedAs).filter(({ pinned, fingerprint }) =>
    keyring.judge(pinned, fingerprint) === "changed"
  );
  if (changed.length === 0) return;
  const { fetchLines } = await import("../correspondents/key_history.ts");
  const lines = await fetchLines(client, domain, changed.map(({ address }) => address));
  const found = changed.flatMap(({ pinned, address }) => {
    const line = lines.get(address);
    return line === undefined ? [] : [[pinned, line] as const];
  });
  await keyring.followKeyChanges(new Map(found), now());
}

/**
 * Looks at a recipient as a send would, and sends nothing. Returns the account's own address: not the alias.
 * @throws {MailError} `no_such_recipient`, `key_changed`, `not_verified`, `malformed`
 */
export async function checkRecipient(context: SendContext, recipient: string): Promise<Address> {
  const addressed = parseRecipients({ to: [recipient], cc: [], bcc: [] });
  const lookUp = context.client.call("lookUp", { names: namesOf(addressed) });
  const keyring = context.keyring();
  const account = await context.account;
  const recipients = await resolveRecipients(addressed, account, (await lookUp).found);
  await followChanged(context, await keyring, account, recipients);
  checkKeys(context, await keyring, account, recipients);
  return recipients[0]!.address;
}

/** @throws {MailError} `key_changed` where an address is now an alias of an account with another key than was known */
function requireSameAliases(keyring: Keyring, recipients: readonly Recipient[]): void {
  for (const { address, aliases, fingerprint } of recipients) {
    const isSame = keyring.judge(address, fingerprint) !== "changed"; // else it is the account's own change
    const other = aliases.find((alias) => keyring.judge(alias, fingerprint) === "changed");
    if (isSame && other !== undefined) throw otherAccount(other, address);
  }
}

function otherAccount(alias: string, address: string): MailError {
  const message =
    `Cannot send to ${alias}: it is now an alias of ${address}, which has another key`;
  return new MailError("key_changed", message, {
    hint: `Ask the server's administrator. If it is right, run \`mailctl trust ${alias}\`.`,
  });
}

/** An alias has a pin of its own: the server cannot make it another account's later, nor make one of a known address. */
function pinnedAs({ address, aliases, fingerprint }: Recipient) {
  return [address, ...aliases].map((pinned) => ({ pinned, address, fingerprint }));
}

/** Gives the keys of all but oneself, of whom only aliases have a pin, found to be those that are known. @throws {MailError} `key_changed`, `not_verified` */
export function checkKeys(
  context: Pick<SendContext, "requireVerified">,
  keyring: Keyring,
  account: OpenAccount,
  recipients: readonly Recipient[],
): Map<Address, AccountFingerprint> {
  const pins = recipients.flatMap(pinnedAs).filter(({ pinned }) => pinned !== account.address);
  const keys = new Map(pins.map(({ pinned, fingerprint }) => [pinned, fingerprint]));
  requireSameAliases(keyring, recipients);
  requireUnchanged(keyring, keys); // the graver of the two
  if (context.requireVerified) requireVerified(keyring, keys);
  return keys;
}

/** @throws {MailError} `key_changed` naming every address whose key is not the pinned one */
export function requireUnchanged(
  keyring: Keyring,
  keys: ReadonlyMap<Address, AccountFingerprint>,
): void {
  const changed = [...keys].filter(([address, key]) => keyring.judge(address, key) === "changed");
  if (changed.length > 0) throw keyChanged(changed.map(([address]) => address));
}

/** @throws {MailError} `not_verified` naming every address whose key nobody compared */
export function requireVerified(
  keyring: Keyring,
  keys: ReadonlyMap<Address, AccountFingerprint>,
): void {
  const others = [...keys].filter(([address, key]) => keyring.judge(address, key) !== "verified");
  if (others.length > 0) throw notVerified(others.map(([address]) => address));
}

/**
 * Pins the keys that mail is sealed to, as far as they are not.
 * @throws {MailError} `key_changed` naming every address that another machine pinned another key of meanwhile
 */
export function pinKeys(
  contacts: Map<Address, Contact>,
  keys: ReadonlyMap<Address, AccountFingerprint>,
  now: number,
): void {
  addMissing(contacts, [...keys], now);
  const changed = [...keys].filter(([address, key]) =>
    !equalBytes(contacts.get(address)!.fingerprint, key)
  );
  if (changed.length > 0) throw keyChanged(changed.map(([address]) => address));
}
