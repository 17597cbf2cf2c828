/**
 * Mail that came back. The server can neither seal nor sign, so it gives the sender's own copy and says why; the note
 * is made here. What it gives must be one's own mail, and must have gone to who it says. WIRE.md 8.6.
 */
import { composeReport } from "../../mime/report.ts";
import {
  type Address,
  addressAt,
  formatAddress,
  parseAddress,
  qualify,
} from "../../model/address.ts";
import { type BounceReason, systemDisplayName } from "../../model/bounce.ts";
import { utf8 } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Envelope, Headers } from "../../model/message.ts";
import { untagged } from "../../model/tagged_address.ts";
import type { BounceNotice } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import { type BounceNote, type GivenEntry, hadKeys, type ListedMessage } from "./opened_entry.ts";

/** A returned entry, opened. */
export interface OpenedBounce {
  readonly message: ListedMessage;
  /** Of the own message in it; null where there is none, or it cannot be opened. */
  readonly original: Envelope | null;
}

/** RFC 3463 */
const statuses: Readonly<Record<BounceReason, string>> = {
  "no_such_account": "5.1.1",
  "account_deleted": "5.2.1",
  expired: "5.4.7",
  "not_kept": "5.4.7",
  "mailbox_full": "5.2.2",
};

const reasons: Readonly<Record<BounceReason, string>> = {
  "no_such_account": "the account does not exist",
  "account_deleted": "the account was deleted before the message was read",
  expired: "the message expired before it was read",
  "not_kept": "the message was not read for as long as the server keeps mail",
  "mailbox_full": "the mailbox, or your share of it, was full at the time of delivery",
};

const prefix = "Returned: ";

/** Tells whom a notice is about. Null: it is no address, or at no time. */
export function noteOf(notice: BounceNotice, domain: string): BounceNote | null {
  const { recipient, reason, at } = notice;
  const full = qualify(recipient, domain);
  if (at > limits.maxTimeMs) return null;
  try {
    if (formatAddress(parseAddress(full)) !== full) return null;
  } catch {
    return null;
  }
  return { reason, recipient: full, at };
}

/** Opens a returned entry. One that contradicts itself is told as `invalid`, not thrown. */
export function openBounce(
  account: OpenAccount,
  { entry, opened }: GivenEntry,
  notice: BounceNotice | undefined,
): OpenedBounce {
  const { id, box, storedAt, readAt, sealedBytes } = entry;
  const from = addressAt(systemDisplayName, account.domain);
  const note = notice === undefined ? null : noteOf(notice, account.domain);
  const told = { deliveries: [], bounced: note, retentionNotice: null, origin: null };
  const times = { notBefore: null, heldUntil: null, cancelledAt: null, expiresAt: null };
  const state = { ...told, ...times, burn: false, number: 0 };
  const { filing, place, isKnown } = opened.message;
  const sizes = { sealedBytes, encodedBytes: null };
  const base = { id, box, from, storedAt, readAt, ...sizes, ...state, filing, place, isKnown };
  const broken = { ...base, headers: null, senderFingerprint: null, outcome: "invalid" } as const;
  if (note === null) return { message: broken, original: null };
  const isEmpty = entry.envelope?.length === 0;
  const original = isEmpty ? null : opened.envelope;
  if (!isEmpty && original === null) return { message: broken, original: null };
  const { isAuthentic, message: { senderFingerprint } } = opened;
  const holds = original === null ||
    isAuthentic && isOwn(account, original, senderFingerprint) && wentTo(original, note);
  const headers = headersOf(account, base, note, original);
  const outcome = holds ? "notice" : "invalid";
  return { message: { ...base, headers, senderFingerprint: null, outcome }, original };
}

/**
 * Writes the note, with the original behind it; `source` is the original's MIME source, checked; null: it does not come
 * back with the note, as what `burns` never does.
 */
export function composeNote(
  account: OpenAccount,
  { headers, bounced }: ListedMessage,
  { source, burns, boundary }: {
    readonly source: AsyncIterable<Uint8Array> | null;
    readonly burns: boolean;
    readonly boundary: string;
  },
): AsyncIterable<Uint8Array> {
  const { messageId, date, from, to, subject, inReplyTo, references } = headers!;
  const { recipient, reason, at } = bounced!;
  return composeReport({
    messageId,
    date: new Date(date),
    from,
    to,
    cc: [],
    subject,
    inReplyTo: inReplyTo ?? undefined,
    references,
    boundary,
    text: textOf({ recipient, reason, at }, whereabouts(source !== null, burns)),
    domain: account.domain,
    recipient,
    status: statuses[reason],
    at: new Date(at),
    original: source === null ? null : { name: originalName, source },
  });
}

const originalName = "original.eml";

function whereabouts(hasOriginal: boolean, burns: boolean): string {
  if (hasOriginal) return `The message is attached as you sent it (${originalName}).`;
  return burns
    ? "It is not attached, because it burns when it is read. Your own copy stays until a recipient reads it."
    : "The message is not attached, because your own copy is gone.";
}

function textOf({ recipient, reason, at }: BounceNote, original: string): string {
  return `Your message did not reach ${recipient}:\n${reasons[reason]}.\n\n` +
    `It was returned to you on ${new Date(at).toISOString()}.\n` +
    `${original}\n` +
    "\nThe server wrote this notice. Nobody signed it.\n";
}

/** True where the envelope names the reader as its sender, and keys that were the reader's at its date. */
function isOwn(
  account: OpenAccount,
  { from, date }: Envelope,
  fingerprint: AccountFingerprint | null,
): boolean {
  return from === account.address && fingerprint !== null && hadKeys(account, fingerprint, date);
}

/** True where the message was addressed to that recipient, and sealed to it if it existed. */
function wentTo(envelope: Envelope, { recipient, reason }: BounceNote): boolean {
  const { to, cc, bcc, recipients } = envelope;
  const isAddressed = [...to, ...cc, ...bcc].map(untagged).includes(recipient);
  return isAddressed &&
    (reason === "no_such_account" || recipients.some(({ address }) => address === recipient));
}

function headersOf(
  account: OpenAccount,
  { id, from }: { readonly id: EntryId; readonly from: Address },
  { at }: BounceNote,
  original: Envelope | null,
): Headers {
  return {
    messageId: `returned.${id}.${at}@${account.domain}`,
    date: at,
    from,
    to: [account.address],
    cc: [],
    bcc: [],
    subject: cutSubject(prefix + (original?.subject ?? "(your own copy is gone)")),
    inReplyTo: original?.messageId ?? null,
    references: original === null ? [] : [original.messageId],
    attachments: original === null || original.burn ? [] : [{
      name: originalName,
      type: "message/rfc822",
      size: original.encodedBytes ?? original.bodyBytes,
    }],
  };
}

/** The word in front may be too much for the longest subject. */
function cutSubject(subject: string): string {
  let characters = [...subject];
  while (utf8(characters.join("")).length > limits.maxSubjectBytes) {
    characters = characters.slice(0, -1);
  }
  return characters.join("");
}
