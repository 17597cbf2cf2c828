/** Announcements that mail goes, because the server keeps it for a time only. It tells the facts; the text is made here. */
import { composeTextNotice } from "../../mime/report.ts";
import { addressAt } from "../../model/address.ts";
import { systemDisplayName } from "../../model/bounce.ts";
import { randomBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { amount } from "../../model/message.ts";
import type { WireRetentionNotice } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import type { GivenEntry, ListedMessage } from "./opened_entry.ts";

/** Opens an announcement. One that contradicts itself is told as `invalid`, not thrown. */
export function openRetentionNotice(
  account: OpenAccount,
  { entry, opened }: GivenEntry,
  { id: _, ...retentionNotice }: WireRetentionNotice,
): ListedMessage {
  const { id, box, storedAt, readAt, sealedBytes, envelope } = entry;
  const from = addressAt(systemDisplayName, account.domain);
  const told = { deliveries: [], bounced: null, origin: null };
  const times = { notBefore: null, heldUntil: null, cancelledAt: null, expiresAt: null };
  const state = { ...told, ...times, burn: false, number: 0 };
  const { filing, place, isKnown } = opened.message;
  const sizes = { sealedBytes, encodedBytes: null };
  const base = { id, box, from, storedAt, readAt, ...sizes, ...state, filing, place, isKnown };
  const holds = box === "inbox" && envelope?.length === 0 && isPossible(retentionNotice);
  if (!holds) {
    return {
      ...base,
      retentionNotice: null,
      headers: null,
      senderFingerprint: null,
      outcome: "invalid",
    };
  }
  const headers = {
    messageId: `removal.${id}.${retentionNotice.at}@${account.domain}`,
    date: retentionNotice.at,
    from,
    to: [account.address],
    cc: [],
    bcc: [],
    subject: `${amount(retentionNotice.messages)} will be removed from ${
      dayOf(retentionNotice.goesAt)
    } on`,
    inReplyTo: null,
    references: [],
    attachments: [],
  };
  return { ...base, retentionNotice, headers, senderFingerprint: null, outcome: "notice" };
}

function isPossible({ messages, oldest, at, goesAt }: Omit<WireRetentionNotice, "id">): boolean {
  return messages > 0 && oldest <= goesAt && at <= goesAt && goesAt <= limits.maxTimeMs;
}

/** Writes the announcement as a message. */
export function composeRetentionNotice(
  { headers, retentionNotice }: ListedMessage,
): AsyncIterable<Uint8Array> {
  if (headers === null || retentionNotice === null) {
    throw new MailError("internal", "Cannot write a notice without its facts");
  }
  return composeTextNotice({
    ...headers,
    date: new Date(headers.date),
    inReplyTo: undefined,
    boundary: `mailctl-${randomBytes(16).toHex()}`,
    text: textOf(retentionNotice),
  });
}

function textOf(
  { messages, oldest, goesAt }: NonNullable<ListedMessage["retentionNotice"]>,
): string {
  return `The server does not keep mail for ever. ${amount(messages)} of yours, received or\n` +
    `sent, will be removed. The oldest was stored on ${dayOf(oldest)}.\n\n` +
    `The server removes nothing before ${new Date(goesAt).toISOString()}. Messages from\n` +
    `other accounts that you have not read by then are returned to their senders.\n\n` +
    `Run \`mailctl export\` to keep messages in files of your own.\n` +
    "\nThe server wrote this notice. Nobody signed it.\n";
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
