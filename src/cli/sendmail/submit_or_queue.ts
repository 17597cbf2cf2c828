/** A message that a program hands over: put in the queue first, then sent, then what waited before it. */
import type { Claim, Spool } from "../../client/submission/spool.ts";
import type { SpoolNote } from "../../client/submission/spool_file.ts";
import type { SubmissionInput } from "../../client/submission/submit.ts";
import { boundBytes, cutBytes } from "../../mime/block.ts";
import { cutText } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort } from "../../model/promises.ts";
import { say, sayHint } from "../terminal/output.ts";
import type { SendmailOptions } from "./arguments.ts";
import { RememberedBody } from "./remembered_body.ts";
import type { Sender } from "./sender.ts";
import { host } from "../host.ts";

/**
 * Takes a message of at most so many bytes. When this resolves it is sent, or on disk: worth trying again, or marked as
 * failed if it was asked to be kept whatever happens. Where the queue cannot be written, it is sent from memory.
 * @throws {MailError} what only the sender can mend, and what keeps from sending where there is no queue
 */
export async function handOver(
  query: SendmailOptions,
  sender: Sender,
  spool: Spool,
  source: AsyncIterable<Uint8Array>,
  maxBytes = limits.maxMessageCeilingBytes,
): Promise<void> {
  const { note, header, body, ...taken } = await takeMessage(query, sender, source);
  let fault = taken.fault;
  if (fault !== null && !query.keepsFailed) throw fault;
  const bounded = query.keepsFailed
    ? cutBytes(body, overTheMost(maxBytes), () => fault ??= tooLarge(overTheMost(maxBytes)))
    : boundBytes(body, maxBytes, tooLarge);
  const remembered = new RememberedBody(bounded);
  const claim = await spool.add(note, { header, body: remembered.first() }).catch((error) => {
    const canSend = fault === null && !query.onlyQueues && remembered.canReplay;
    if (!isOfQueue(error)) throw error;
    if (fault !== null) say(error.message);
    if (!canSend) throw fault ?? error;
    say(`${error.message}. The message is sent without the queue`);
    return null;
  });
  if (claim === null) return await sendUnqueued(sender, { ...note, header }, remembered);
  try {
    if (fault !== null) await keepAsFailed(claim, fault);
    else if (!query.onlyQueues) await sendNow(query, sender, spool, claim);
  } finally {
    claim.release();
  }
}

/** A message of so many bytes is too large at every later try, so that one that was cut is never sent. */
function overTheMost(maxBytes: number): number {
  return maxBytes + limits.uncountedContentBytes + 1;
}

interface Taken {
  readonly note: Omit<SpoolNote, "headerBytes">;
  readonly header: Uint8Array;
  readonly body: AsyncIterable<Uint8Array>;
  /** Why it cannot be sent; null: nothing is known against it yet, and there is a login. */
  readonly fault: MailError | null;
}

/** Reads the header of the message, and finds who it goes to. */
async function takeMessage(
  query: SendmailOptions,
  sender: Sender,
  source: AsyncIterable<Uint8Array>,
): Promise<Taken> {
  const [{ takeIn }, { findRecipients, recipientsWithoutHeader }] = await Promise.all([
    import("../../mime/intake.ts"),
    import("./recipients.ts"),
  ]);
  const { header, body, fault: unread } = await takeIn(source, query);
  const { recipients, fault } = unread === null
    ? await findRecipients(query, header, sender.aliases)
    : { recipients: recipientsWithoutHeader(query), fault: unread };
  const name = query.name === null ? null : cutText(query.name, limits.maxSubjectBytes);
  const { server, user } = sender;
  const note = { server, user, recipients, name, queuedAt: host.now() };
  return { note, header, body, fault: sender.fault ?? fault };
}

/** What the queue's own files and folder throw. */
function isOfQueue(error: unknown): error is MailError {
  return error instanceof MailError &&
    ["cannot_create", "io", "configuration"].includes(error.code);
}

async function sendUnqueued(
  { login, aliases }: Sender,
  message: Pick<SubmissionInput, "recipients" | "header" | "name" | "queuedAt">,
  body: RememberedBody,
): Promise<void> {
  const [{ openMailbox }, { submitStreamed }] = await Promise.all([
    import("../../client/open_mailbox.ts"),
    import("../../client/submission/submit.ts"),
  ]);
  const mailbox = await openMailbox(login!);
  try {
    await submitStreamed(mailbox, { ...message, aliases, body: body.replay() });
  } finally {
    await mailbox.finish();
  }
}

/** The message is safe, so the program that handed it in hears no failure. A person reads why, here and in the queue. */
async function keepAsFailed(claim: Claim, fault: MailError): Promise<void> {
  const { noteFailure } = await import("../../client/submission/flush.ts");
  await noteFailure(claim, fault, true);
  sayKept(claim, fault);
}

/** Tells a person what is not sent. */
export function sayKept({ id, path }: Claim, { message }: MailError): void {
  say(`Message ${id} stays in the queue, as failed: ${message}`);
  sayHint(`The message is in ${path}. Run \`mailctl queue flush\` to try again.`);
}

/** Sends it, and then what waited; leaves it in the queue where only time can help. @throws {MailError} any other */
async function sendNow(
  query: SendmailOptions,
  { login, aliases }: Sender,
  spool: Spool,
  claim: Claim,
): Promise<void> {
  const [{ openMailbox }, { sendWaiting, tryClaim }] = await Promise.all([
    import("../../client/open_mailbox.ts"),
    import("../../client/submission/flush.ts"),
  ]);
  const opening = openMailbox(login!);
  try {
    const { outcome, error } = await tryClaim(opening, claim, { isNew: true, aliases });
    if (outcome === "waiting" && query.isVerbose) {
      say(`Message ${claim.id} waits in the queue: ${error!.message}`);
    }
    if (outcome === "failed" && query.keepsFailed) return sayKept(claim, error!);
    if (outcome === "failed") {
      await bestEffort(claim.remove());
      throw error;
    }
    // The status tells of the message that was handed in, which is sent. `queue` tells of the others.
    if (outcome === "sent") await bestEffort(sendWaiting(spool, await opening, claim, { aliases }));
  } finally {
    await opening.then((mailbox) => mailbox.finish(), () => {});
  }
}

function tooLarge(bytes: number): MailError {
  const most = limits.maxMessageCeilingBytes;
  return new MailError(
    "too_large",
    `Cannot send ${bytes} bytes or more: no server accepts more than ${most}`,
  );
}
