/** What a reader tells the sender of a message, where there is somebody to tell. Loaded only where something is read. */
import { signReceipt } from "../../crypto/message/receipt.ts";
import type { Bytes } from "../../model/bytes.ts";
import type { Outcome } from "../../model/message.ts";
import type { OpenAccount } from "../account.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import type { OpenedMessage } from "./opened_entry.ts";

/** Nobody signs that they read what may be somebody else's. */
const isGiven: Readonly<Record<Outcome, boolean>> = {
  verified: true,
  signed: true,
  unknown: true,
  changed: false,
  invalid: false,
  notice: false,
  imported: false,
  unsigned: false,
};

/** Marks messages as read, with the receipts that are to be given; see `Mailbox.markRead`. */
export async function markRead(
  context: MailboxContext,
  messages: readonly OpenedMessage[],
): Promise<void> {
  const account = await context.account;
  const { client, receipts, now } = context;
  const read = await Promise.all(messages.map(async (message) => ({
    id: message.id,
    receipt: receipts ? await receiptFor(account, message, now()) : null,
  })));
  await client.call("markRead", { read });
}

/** Signs that a message was read at `now`, milliseconds since 1970; null where there is nothing to sign, or by nothing. */
export async function receiptFor(
  { address, fingerprint, share: { signingSeed } }: OpenAccount,
  { box, from, outcome, headers, contents }: OpenedMessage,
  now: number,
): Promise<Bytes | null> {
  if (box === "sent" || contents === null || !isGiven[outcome] || signingSeed === null) return null;
  const { messageId } = headers;
  const read = { messageId, contents, sender: from, reader: address };
  return await signReceipt({ signingSeed, fingerprint }, read, now);
}
