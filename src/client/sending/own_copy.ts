/**
 * The sender's own copy of what a server says to have stored. Without it a server could take a message, give it to
 * nobody, and leave its number to the next one: then nobody would ever miss it. WIRE.md 9.2.
 */
import { isFailure } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Headers } from "../../model/message.ts";
import { noteGiven } from "../correspondents/numbered_contacts.ts";
import type { Role } from "../correspondents/recipients.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { openEntry } from "../reading/entry.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import type { Draft, SendResult } from "./draft.ts";

/** Which message it has to be. */
export interface WantedCopy {
  readonly isIt: (headers: Headers) => boolean;
  /** True where it may have been sent long ago, so that its sender may have deleted the copy since. */
  readonly mayBeGone: boolean;
}

/**
 * Looks at the copy, and notes the numbers that it has. Null: it is gone, or this login opens no mail.
 * @throws {MailError} `protocol` for a copy that is not of that message, or not the sender's
 */
export async function checkOwnCopy(
  context: Pick<MailboxContext, "client" | "account" | "keyring" | "now">,
  id: EntryId,
  { isIt, mayBeGone }: WantedCopy,
): Promise<ListedMessage | null> {
  const { client, now } = context;
  if (!client.allows("look")) return null;
  const looked = await client.call("look", { ids: [id] }).catch((error) => {
    if (mayBeGone && isFailure(error, "no_such_message")) return null;
    throw error;
  });
  if (looked === null) return null;
  const [entry] = looked.entries;
  if (entry?.id !== id) throw unexpectedReply();
  const [account, keyring] = [await context.account, await context.keyring()];
  const { message, numbering } = await openEntry(account, keyring, entry);
  const { box, outcome, headers } = message;
  const isOwn = box === "sent" && outcome === "verified" && headers !== null;
  if (!isOwn || !isIt(headers)) throw unexpectedReply();
  await keyring.change((contacts) => noteGiven(contacts, numbering.numbers, now()));
  return message;
}

/** Under a key of somebody's own it may be an earlier one, of the same words to the same people. */
export function wantedCopy(
  { key, submitted, subject }: Draft,
  sent: Pick<SendResult, "messageId" | Role>,
): WantedCopy {
  const mayBeGone = key !== undefined || submitted !== undefined;
  const addressed = (of: Pick<SendResult, Role>) =>
    JSON.stringify([of.to, of.cc, of.bcc].map((addresses) => addresses.toSorted()));
  const isIt = (headers: Headers) =>
    headers.messageId === sent.messageId ||
    mayBeGone && headers.subject === subject && addressed(headers) === addressed(sent);
  return { isIt, mayBeGone };
}
