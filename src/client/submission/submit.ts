/** A message that is MIME already on its way to the server, where it is stored once however often it is tried. */
import { attachmentsOf } from "../../mime/attachments.ts";
import { parseMessage } from "../../mime/parse.ts";
import {
  joinMessage,
  readSubmission,
  rewriteHeader,
  type Submission,
} from "../../mime/submission.ts";
import { failures, isFailure, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Attachment } from "../../model/message.ts";
import { heardElsewhere } from "../../model/promises.ts";
import { formatTaggedAddress, parseTaggedAddress } from "../../model/tagged_address.ts";
import { OneSlotStream } from "../connection/one_slot_stream.ts";
import type { Mailbox } from "../mailbox.ts";
import type { Draft, Submitted } from "../sending/draft.ts";
import type { LocalAliases } from "./local_aliases.ts";
import { withoutLocalhost } from "./machine_name.ts";
import type { Claim } from "./spool.ts";
import { newSubmissionId } from "./submission_id.ts";

/**
 * Sends a message that waited, unless a run that was killed had sent it: its recipients may be gone by now.
 * @throws {MailError} as `submit`
 */
export async function submitAgain(
  mailbox: Mailbox,
  claim: Claim,
  aliases: LocalAliases | null,
): Promise<void> {
  const { domain } = await mailbox.account();
  const messageId = readSubmission(claim.header).messageId ?? `${claim.id}@${domain}`;
  const sentAs = await mailbox.findSent(claim.id, (sent) => sent.messageId === messageId);
  if (sentAs === null) await submit(mailbox, claim, aliases);
}

/**
 * Sends a claimed message under its id as the key. All it is made of is the same at each try.
 * @throws {MailError} as `Mailbox.send`; `malformed`, `too_large` for what is no message
 */
export async function submit(
  mailbox: Mailbox,
  claim: Claim,
  aliases: LocalAliases | null,
): Promise<void> {
  const attachments = await findAttachments(joinMessage(claim.header, claim.body()));
  const body = claim.body();
  try {
    await sendSubmitted(mailbox, { ...claim, aliases, body, attachments, key: claim.id });
  } finally {
    await body.return(undefined);
  }
}

/** A message as a program handed it in. */
export interface SubmissionInput {
  readonly recipients: readonly string[];
  /** What names among them stand for. */
  readonly aliases: LocalAliases | null;
  /** Whole fields, each line with its CRLF; without the blank line behind them. */
  readonly header: Uint8Array;
  readonly body: AsyncIterable<Uint8Array>;
  /** The author's name where the header has none; null: neither. */
  readonly name: string | null;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
  /** Unlike that of any other; it becomes the message id where there is none. */
  readonly id: string;
}

/**
 * Sends a message while its body is read, once. Handed in again with the message id it had, it is stored once.
 * @throws {MailError} as `submit`, and what reading the body throws; then nothing was sent
 */
export async function submitStreamed(
  mailbox: Mailbox,
  input: Omit<SubmissionInput, "id">,
): Promise<void> {
  const { pass, found } = watchAttachments(input.header);
  heardElsewhere(found); // by the send, once the body is read
  const body = pass(input.body);
  const id = newSubmissionId(input.queuedAt);
  await sendSubmitted(mailbox, { ...input, id, body, attachments: found, key: undefined });
}

async function sendSubmitted(
  mailbox: Mailbox,
  input: SubmissionInput & Pick<Submitted, "attachments"> & { readonly key: string | undefined },
): Promise<void> {
  const { address, domain } = await mailbox.account();
  const { id, queuedAt, name, attachments, body, key } = input;
  const submission = readSubmission(input.header);
  const { subject, inReplyTo, references, fromName } = submission;
  const fallback = { messageId: `${id}@${domain}`, date: queuedAt };
  const header = rewriteHeader(input.header, {
    from: address,
    name: fromName ?? name,
    messageId: submission.messageId === null ? fallback.messageId : null,
    date: submission.date === null ? fallback.date : null,
  });
  const submitted = {
    messageId: submission.messageId ?? fallback.messageId,
    date: submission.date ?? fallback.date,
    inReplyTo,
    references,
    attachments,
    header,
  };
  const roles = await resolveAll(mailbox, input, byRole(input.recipients, submission, domain));
  await mailbox.send({ ...roles, subject, body, attachments: [], submitted, key })
    .catch((error) => tellOfAliases(mailbox, input, error));
}

/** A name of the machine that is no account: its mail could be somebody's. */
async function tellOfAliases(
  mailbox: Mailbox,
  { recipients, aliases }: Pick<SubmissionInput, "recipients" | "aliases">,
  error: unknown,
): Promise<never> {
  if (!isFailure(error, "no_such_recipient") || aliases !== null) throw error;
  for (const name of recipients.filter((each) => !each.includes("@"))) {
    if (await exists(mailbox, name)) continue;
    throw new MailError(error.code, error.message, {
      cause: error,
      hint: `Check the name ${name}, or set \`aliases\` to a file that says who gets its mail.`,
    });
  }
  throw error;
}

/** Whom a field shows is shown; all others are hidden, as sendmail hides them. */
function byRole(
  recipients: readonly string[],
  { to, cc }: Submission,
  domain: string,
): Pick<Draft, "to" | "cc" | "bcc"> {
  const [inTo, inCc] = [to, cc].map((list) =>
    new Set(list.map(({ address }) => folded(address, domain)))
  ) as [Set<string>, Set<string>];
  const roleOf = (recipient: string) => {
    const address = folded(recipient, domain);
    return inTo.has(address) ? "to" : inCc.has(address) ? "cc" : "bcc";
  };
  const by = Map.groupBy(recipients, roleOf);
  return { to: by.get("to") ?? [], cc: by.get("cc") ?? [], bcc: by.get("bcc") ?? [] };
}

/** Puts those who are meant in the place of aliases: with the role of the name that the message shows. */
async function resolveAll(
  mailbox: Mailbox,
  { aliases }: Pick<SubmissionInput, "aliases">,
  { to, cc, bcc }: Pick<Draft, "to" | "cc" | "bcc">,
): Promise<Pick<Draft, "to" | "cc" | "bcc">> {
  if (aliases === null) return { to, cc, bcc };
  const resolve = async (all: readonly string[]) =>
    (await Promise.all(all.map((each) => aliases.resolve(each, (name) => exists(mailbox, name)))))
      .flat();
  return { to: await resolve(to), cc: await resolve(cc), bcc: await resolve(bcc) };
}

async function exists(mailbox: Mailbox, name: string): Promise<boolean> {
  try {
    await mailbox.checkRecipient(name);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    if (error.code === "no_such_recipient") return false;
    if (failures[error.code].retry) throw error; // what else is against it, the send will tell
  }
  return true;
}

/** An address as it is compared. Fields may name what we have no accounts for. */
function folded(text: string, domain: string): string {
  try {
    const { name, tag, domain: written } = parseTaggedAddress(withoutLocalhost(text));
    return formatTaggedAddress({ name, tag, domain: written ?? domain });
  } catch {
    return text;
  }
}

/** Finds what a reader will find, so that the envelope lists it. */
async function findAttachments(source: AsyncIterable<Uint8Array>): Promise<Attachment[]> {
  const found: Attachment[] = [];
  const { leaves } = await parseMessage(source);
  for await (const attachment of attachmentsOf(leaves)) {
    if (found.length === limits.maxAttachments) throw tooMany();
    found.push(attachment);
  }
  return found;
}

/** Finds attachments in a body as it goes by. Where that fails, so does the body. */
export function watchAttachments(header: Uint8Array): {
  readonly pass: (body: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>;
  readonly found: Promise<Attachment[]>;
} {
  const seen = new OneSlotStream<Uint8Array>();
  const found = findAttachments(joinMessage(header, seen));
  const pass = async function* (body: AsyncIterable<Uint8Array>) {
    try {
      for await (const chunk of body) {
        await Promise.race([seen.put(chunk), found]); // where it failed, nobody takes the next one
        yield chunk;
      }
    } finally {
      seen.end(null);
    }
    await found;
  };
  return { pass, found };
}

function tooMany(): MailError {
  return new MailError(
    "too_large",
    `Cannot send more than ${limits.maxAttachments} attachments at once`,
  );
}
