/** What `send --wait` does once the message is stored: it is sent in any case, and what fails here comes second. */
import type { Mailbox } from "../../client/mailbox.ts";
import type { ListedDelivery } from "../../client/reading/opened_entry.ts";
import type { SentState } from "../../client/reading/sent_state.ts";
import type { Draft, SendResult } from "../../client/sending/draft.ts";
import { progressOf } from "../../client/watching/delivery_progress.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { type Address, formatAddress, qualify } from "../../model/address.ts";
import { type Hint, MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { parseTaggedAddress } from "../../model/tagged_address.ts";
import { isoTime } from "../time_format.ts";
import { steadily, type Timeout, waitInTime } from "./waiting.ts";

/** Who has read it, and what ended the wait before all had. */
export interface WaitedForRead {
  readonly readers: readonly ListedDelivery[];
  readonly failure: MailError | null;
}

/** What was sent, as far as it is known here. */
export interface Sent {
  readonly id: EntryId;
  readonly messageId: string;
  /** Sent under a key it may be an earlier message, with another message id and the same of all else. */
  readonly draft: Pick<Draft, "key" | "subject" | "to" | "cc" | "bcc">;
  readonly aliases: SendResult["aliases"];
}

/** `stored`: its recipients have it, also where it had to wait; `read`: each gave a receipt that holds. */
export type Until = "stored" | "read";

/** Waits until a message is as far as that with all recipients. Closes the mailbox. */
export function waitForRead(
  mailbox: Mailbox,
  sent: Sent,
  until: Until,
  timeout: Timeout | undefined,
): Promise<WaitedForRead> {
  const awaited = until === "read" ? "a receipt from every recipient" : "the delivery";
  return steadily(mailbox, awaited, async (steady) => {
    // It was sent: a connection lost from now on is made anew.
    const { domain } = await steady.ask((mailbox) => mailbox.account());
    const seen: { state: SentState | null } = { state: null };
    const waiting = waitForAll(steady, { ...sent, domain }, until, seen);
    const failure = await waitInTime(steady, waiting, timeout, (late) => tooLate(late, seen.state))
      .then(() => null, failureOf);
    return { readers: seen.state?.message.deliveries.filter(isRead) ?? [], failure };
  });
}

async function waitForAll(
  steady: ReconnectingMailbox,
  sent: Sent & { readonly domain: string },
  until: Until,
  seen: { state: SentState | null },
): Promise<void> {
  for await (const state of progressOf(steady, sent.id)) {
    requireSent(state, sent);
    seen.state = state;
    const { deliveries, heldUntil, cancelledAt } = state.message;
    if (cancelledAt !== null) throw wasCancelled(cancelledAt);
    const back = deliveries.filter(({ bounced }) => bounced !== null);
    if (back.length > 0) throw cameBack(back);
    if (until === "stored" ? heldUntil === null : unreadBy(state).length === 0) return;
  }
}

/** The server could show another message, which was read. @throws {MailError} `protocol` */
function requireSent(
  { message: { headers }, recipients }: SentState,
  { id, messageId, draft, aliases, domain }: Sent & { readonly domain: string },
): void {
  if (headers!.messageId === messageId) return;
  const addressed = [...draft.to, ...draft.cc, ...draft.bcc].map(parseTaggedAddress)
    .map((address) => qualify(formatAddress(address), domain))
    .map((address) => aliases.find(({ alias }) => alias === address)?.address ?? address);
  const isRepeat = draft.key !== undefined && headers!.subject === draft.subject &&
    new Set(addressed).symmetricDifference(new Set(recipients)).size === 0;
  if (isRepeat) return;
  throw new MailError("protocol", `Cannot wait for message ${id}: it is not the one that was sent`);
}

/** Of all that it was sealed to. */
function unreadBy({ message: { deliveries }, recipients }: SentState): Address[] {
  const readers = new Set(deliveries.filter(isRead).map(({ recipient }) => recipient));
  return recipients.filter((recipient) => !readers.has(recipient));
}

function isRead({ readAt }: ListedDelivery): boolean {
  return readAt !== null;
}

function failureOf(error: unknown): MailError {
  if (error instanceof MailError) return error;
  throw error;
}

const reasons: Readonly<Record<NonNullable<ListedDelivery["bounced"]>, string>> = {
  "no_such_account": "there is no such account",
  "account_deleted": "the account was deleted",
  expired: "it expired",
  "not_kept": "the server no longer keeps it",
  "mailbox_full": "the mailbox, or your share of it, was full",
};

function cameBack(back: readonly ListedDelivery[]): MailError {
  const from = back.map(({ recipient, bounced }) => `${recipient} (${reasons[bounced!]})`);
  return new MailError(
    "no_such_recipient",
    `Cannot wait any longer: the message was returned unread from ${from.join(", ")}`,
    { hint: "Run `mailctl inbox` to see the notices." },
  );
}

function wasCancelled(at: number): MailError {
  return new MailError(
    "cancelled",
    `Cannot wait any longer: the message was cancelled at ${isoTime(at)}, and nobody got it`,
  );
}

function tooLate({ text }: Timeout, state: SentState | null): MailError {
  if (state === null) {
    const message = `Cannot wait any longer: the server reported nothing within ${text}`;
    return new MailError("timed_out", message, { hint: itWasSent });
  }
  const { heldUntil } = state.message;
  if (heldUntil !== null) {
    const message = `Cannot wait any longer: the message is delivered at ${isoTime(heldUntil)}`;
    return new MailError("timed_out", message, { hint: itWaits });
  }
  const unread = unreadBy(state);
  const forged = state.message.deliveries
    .filter(({ recipient, receipt }) => unread.includes(recipient) && receipt !== null)
    .map(({ recipient }) => recipient);
  return new MailError(
    "timed_out",
    `Cannot wait any longer: no receipt from ${unread.join(", ")} within ${text}`,
    { hint: forged.length === 0 ? itWasSent : doesNotHold(forged) },
  );
}

const itWasSent = "The message was sent. Run `mailctl sent` to see who has read it.";
const itWaits = "Run `mailctl cancel ID` to cancel it before that.";

function doesNotHold(names: readonly string[]): Hint {
  return `The message was sent, but the receipts of ${names.join(", ")} are invalid.`;
}
