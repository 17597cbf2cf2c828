/**
 * The sender's own copy of what a server says to have stored. Without it a server could take a message, give it to
 * nobody, and leave its number to the next one: then nobody would ever miss it. WIRE.md 9.2.
 */
import { isFailure, MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Headers } from "../../model/message.ts";
import { noteGiven } from "../correspondents/numbered_contacts.ts";
import type { Role } from "../correspondents/recipients.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { openEntry } from "../reading/entry.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import type { Draft, SendResult } from "./draft.ts";

/** Tells by its headers whether a message is the one that was sent. */
export type IsWanted = (headers: Headers) => boolean;

/**
 * Looks at the copy, and notes the numbers that it has. Null: this login opens no mail.
 * @throws {MailError} `protocol` for a copy that is not of that message, not the sender's, or not there
 */
export async function checkOwnCopy(
  context: Pick<MailboxContext, "client" | "account" | "keyring" | "now">,
  id: EntryId,
  isIt: IsWanted,
): Promise<ListedMessage | null> {
  const { client, now } = context;
  if (!client.allows("look")) return null;
  const looked = await client.call("look", { ids: [id] }).catch((error) => {
    throw isFailure(error, "no_such_message") ? notShown(error) : error;
  });
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
): IsWanted {
  const isKeyed = key !== undefined || submitted !== undefined;
  const addressed = (of: Pick<SendResult, Role>) =>
    JSON.stringify([of.to, of.cc, of.bcc].map((addresses) => addresses.toSorted()));
  return (headers) =>
    headers.messageId === sent.messageId ||
    isKeyed && headers.subject === subject && addressed(headers) === addressed(sent);
}

function notShown(cause: unknown): MailError {
  const message =
    "Cannot tell whether the message was sent: the server says so, and does not show it";
  return new MailError("protocol", message, {
    cause,
    hint: "If you deleted your copy, it was sent.",
  });
}
