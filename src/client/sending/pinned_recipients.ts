/** The keys of those a message goes to, before it is sealed to them: followed where they led on, refused, pinned. */
import type { OpenAccount } from "../account.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import {
  namesOf,
  parseRecipients,
  type Recipient,
  resolveRecipients,
} from "../correspondents/recipients.ts";
import type { SendContext } from "./send_context.ts";
import type { Address } from "../../model/address.ts";
import type { AccountFingerprint } from "../../model/digests.ts";

/** Goes on to the new keys of those whose known ones led to them. */
export async function followChanged(
  { client, now }: SendContext,
  keyring: Keyring,
  { domain }: OpenAccount,
  recipients: readonly Recipient[],
): Promise<void> {
  const changed = recipients.filter(({ address, fingerprint }) =>
    keyring.judge(address, fingerprint) === "changed"
  );
  if (changed.length === 0) return;
  const { fetchLines } = await import("../correspondents/key_history.ts");
  await keyring.followKeyChanges(
    await fetchLines(client, domain, changed.map(({ address }) => address)),
    now(),
  );
}

/**
 * Looks at a recipient as a send would, and sends nothing.
 * @throws {MailError} `no_such_recipient`, `key_changed`, `not_verified`, `malformed`
 */
export async function checkRecipient(context: SendContext, recipient: string): Promise<void> {
  const addressed = parseRecipients({ to: [recipient], cc: [], bcc: [] });
  const lookUp = context.client.call("lookUp", { names: namesOf(addressed) });
  const keyring = context.keyring();
  const account = await context.account;
  const recipients = await resolveRecipients(addressed, account, (await lookUp).keys);
  await followChanged(context, await keyring, account, recipients);
  checkKeys(context, await keyring, account, recipients);
}

/** Pins first, seals second: a key that changed stops the send before anything is made for it. */
export async function pinKeys(
  context: SendContext,
  keyring: Keyring,
  account: OpenAccount,
  recipients: readonly Recipient[],
): Promise<void> {
  await keyring.pin(checkKeys(context, keyring, account, recipients), context.now());
}

/** Gives the keys of all but oneself, found to be those that are known. @throws {MailError} `key_changed`, `not_verified` */
function checkKeys(
  { requireVerified }: SendContext,
  keyring: Keyring,
  account: OpenAccount,
  recipients: readonly Recipient[],
): Map<Address, AccountFingerprint> {
  const others = recipients.filter(({ address }) => address !== account.address);
  const keys = new Map(others.map(({ address, fingerprint }) => [address, fingerprint]));
  keyring.requireUnchanged(keys); // the graver of the two
  if (requireVerified) keyring.requireVerified(keys);
  return keys;
}
