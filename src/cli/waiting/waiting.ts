/** What commands that wait share: a mailbox that outlives its connections, a time to wait, and what is passed over. */
import type { Mailbox } from "../../client/mailbox.ts";
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import { type OpenedMessage, outcomeAsListed } from "../../client/reading/opened_entry.ts";
import type {
  ReconnectingMailbox,
  ReconnectPolicy,
} from "../../client/watching/reconnecting_mailbox.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import type { Outcome } from "../../model/message.ts";
import { inTime } from "../../net/deadline.ts";
import { parsedFlag } from "../flag.ts";
import { host } from "../host.ts";
import { type AccountFlags, closing, type Duty, loginOptions } from "../session.ts";
import { say } from "../terminal/output.ts";
import { parseDuration } from "../time_format.ts";

/**
 * Opens a mailbox that is opened again as often as its connection is lost, by the login that is saved then, and closes it
 * when the work is over.
 */
export async function withReconnectingMailbox<T>(
  flags: AccountFlags,
  work: (steady: ReconnectingMailbox) => Promise<T>,
  duty: Duty = {},
): Promise<T> {
  const options = await loginOptions(flags);
  const { followSavedLogin, openMailbox } = await import("../../client/open_mailbox.ts");
  const followed = await followSavedLogin(options);
  const mailbox = await openMailbox(options);
  return await closing(mailbox, (mailbox) => steadily(mailbox, "mail", work, followed), duty);
}

/** Works with a mailbox that is opened again as often as its connection is lost, and closes it; `awaited` is for words. */
export async function steadily<T>(
  mailbox: Mailbox,
  awaited: string,
  work: (steady: ReconnectingMailbox) => Promise<T>,
  followed: Partial<ReconnectPolicy> = {},
): Promise<T> {
  if (host.stdin.isTerminal() && host.stderr.isTerminal()) {
    say(`Waiting for ${awaited}. Press Ctrl-C to stop`);
  }
  const { ReconnectingMailbox, retryForever } = await import(
    "../../client/watching/reconnecting_mailbox.ts"
  );
  const steady = new ReconnectingMailbox(mailbox, {
    ...retryForever(({ message }) => say(`${message}. Trying again`)),
    ...followed,
  });
  try {
    return await work(steady);
  } finally {
    steady.close();
  }
}

export interface Timeout {
  /** As it was given. */
  readonly text: string;
  readonly ms: number;
}

export const timeoutFlag: ReturnType<typeof parsedFlag<Timeout>> = parsedFlag(
  "TIME",
  "Wait for at most TIME: 90s, 5m, 1h (default: no limit)",
  (text): Timeout => ({ text, ms: parseDuration(text) }),
);

/**
 * Waits for work on a mailbox, which is closed when the time is up.
 * @throws {MailError} `timed_out`, made by `late`; what keeps the mailbox from the server by then: who cannot look does
 * not know what came
 */
export async function waitInTime<T>(
  steady: ReconnectingMailbox,
  work: Promise<T>,
  timeout: Timeout | undefined,
  late: (timeout: Timeout) => MailError,
): Promise<T> {
  if (timeout === undefined) return await work;
  let isIn = false;
  steady.mailbox.account().then(() => isIn = true, () => {}); // what keeps it out, the work tells
  return await inTime(work, timeout.ms, () => steady.close()).catch((error) => {
    if (!(error instanceof Deno.errors.TimedOut)) throw error;
    const trouble = isIn ? steady.trouble : noAnswer();
    throw isFailure(trouble, "unavailable") ? lost(timeout, trouble, late(timeout)) : late(timeout);
  });
}

function noAnswer(): MailError {
  return new MailError("unavailable", "Cannot reach the server: it does not answer");
}

function lost({ text }: Timeout, cause: MailError, { hint = cause.hint }: MailError): MailError {
  const message = `Cannot wait any longer: the server could not be reached when ${text} was up`;
  return new MailError(cause.code, message, { hint, cause });
}

const reasons: Readonly<Record<Outcome, string>> = {
  verified: "its key was compared",
  signed: "its key was not compared",
  unknown: "its key was not seen before",
  changed: "it is not signed by the known key of its sender",
  invalid: "its signature is invalid",
  notice: "the server wrote it, and nobody signed it",
  imported: "you imported it, and its author did not sign it",
  unsigned: "it came by SMTP, and nobody signed it",
};

/** Says that nothing is done on a message, and why. */
export function sayPassedOver({ id, outcome }: ListedMessage): void {
  say(`Skipped message ${id}: ${reasons[outcome]}`);
}

/** True where a message is its sender's as far as can be known: nothing is done on others by itself. */
export function isTrusted({ outcome }: ListedMessage): boolean {
  return outcome === "verified" || outcome === "signed" || outcome === "unknown";
}

/**
 * Makes sure that the server gave the message that was listed: it could have shown one and given another. Returns it
 * with the outcome that the list showed of a first contact.
 * @throws {MailError} `protocol`
 */
export function requireSame(opened: OpenedMessage, listed: ListedMessage): OpenedMessage {
  const same = opened.headers.messageId === listed.headers?.messageId &&
    opened.from === listed.from && (opened.origin === null) === (listed.origin === null) &&
    isSameKey(opened.senderFingerprint, listed.senderFingerprint);
  if (same && (isTrusted(opened) || !isTrusted(listed))) {
    return { ...opened, outcome: outcomeAsListed(opened.outcome, listed.outcome) };
  }
  throw new MailError(
    "protocol",
    `Cannot use message ${opened.id}: it is not the message that arrived`,
  );
}

function isSameKey(one: AccountFingerprint | null, other: AccountFingerprint | null): boolean {
  return one === null || other === null ? one === other : equalBytes(one, other);
}
