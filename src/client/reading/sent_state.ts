/** How far something sent has got. Loaded only where somebody waits for it. */
import type { Address } from "../../model/address.ts";
import type { EntryId } from "../../model/ids.ts";
import { sealBroken } from "../../model/errors.ts";
import { type ListedMessage } from "./opened_entry.ts";
import { openEntry } from "./entry.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import { checkReceipts } from "./open_listed.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { withNotices } from "./server_notices.ts";

export interface SentState {
  readonly message: ListedMessage;
  /** Whom it was sealed to, as was signed: the server could leave out a delivery. */
  readonly recipients: readonly Address[];
  /** Receipts and returned copies that the server has told of, whatever they are worth; one more where it does not wait. */
  readonly progress: number;
}

/** Waits until it is further than is known; see `Mailbox.waitForRead`. */
export async function waitForRead(
  context: MailboxContext,
  id: EntryId,
  known: number | null,
): Promise<SentState> {
  const told = context.client.call("waitForRead", { id, known });
  const { entry, bounced } = await context.afterLogin(told);
  if (entry.id !== id || entry.box !== "sent") throw unexpectedReply();
  context.forgetKeyring();
  const [account, keyring] = [await context.account, await context.keyring()];
  const opened = await openEntry(account, keyring, entry, { whole: true });
  const { envelope, message: { outcome } } = opened;
  if (envelope === null || outcome === "invalid") throw sealBroken();
  const { entries, keep } = await checkReceipts(context, keyring, [{ entry, opened }]);
  await keep();
  const [message] = await withNotices(account, entries, {
    bounced,
    retentionNotices: [],
  });
  const receipts = entry.deliveries.filter(({ receipt }) => receipt !== null);
  const recipients = envelope.recipients.map(({ address }) => address);
  const waited = entry.heldUntil === null ? 1 : 0;
  return { message: message!, recipients, progress: receipts.length + bounced.length + waited };
}
