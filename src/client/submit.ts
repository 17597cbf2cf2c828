/** A message of the queue on its way to the server, where it is stored once however often it is tried. */
import { attachmentsOf } from "../mime/attachments.ts";
import { parseMessage } from "../mime/parse.ts";
import { readSubmission, rewriteHeader, type Submission } from "../mime/submission.ts";
import { formatAddress, localName, parseAddress } from "../model/address.ts";
import { concatBytes, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import type { Attachment } from "../model/message.ts";
import type { Draft } from "./draft.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Claim } from "./spool.ts";

/**
 * Sends a message that waited, unless a run that was killed had sent it: its recipients may be gone by now.
 * @throws {MailError} as `submit`
 */
export async function submitAgain(mailbox: Mailbox, claim: Claim): Promise<void> {
  if (await mailbox.findSent(claim.id) === null) await submit(mailbox, claim);
}

/**
 * Sends a claimed message under its id as the key. All it is made of is the same at each try.
 * @throws {MailError} as `Mailbox.send`; `malformed`, `too_large` for what is no message
 */
export async function submit(mailbox: Mailbox, claim: Claim): Promise<void> {
  const { address, domain } = await mailbox.account();
  const submission = readSubmission(claim.header);
  const { subject, inReplyTo, references, fromName } = submission;
  const fallback = { messageId: `${claim.id}@${domain}`, date: claim.queuedAt };
  const header = rewriteHeader(claim.header, {
    from: address,
    name: fromName ?? claim.name,
    messageId: submission.messageId === null ? fallback.messageId : null,
    date: submission.date === null ? fallback.date : null,
  });
  const submitted = {
    messageId: submission.messageId ?? fallback.messageId,
    date: submission.date ?? fallback.date,
    inReplyTo,
    references,
    attachments: await findAttachments(claim),
    header,
  };
  const roles = byRole(claim.recipients, submission, domain);
  const body = claim.body();
  try {
    await mailbox.send({
      ...roles,
      subject,
      body,
      attachments: [],
      submitted,
      key: claim.id,
    });
  } finally {
    await body.return(undefined);
  }
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

/** An address as it is compared. Fields may name what we have no accounts for. */
function folded(text: string, domain: string): string {
  try {
    const address = parseAddress(text);
    return localName(address, domain) ?? formatAddress(address);
  } catch {
    return text;
  }
}

/** Finds what a reader will find, so that the envelope lists it. */
async function findAttachments(claim: Claim): Promise<Attachment[]> {
  const found: Attachment[] = [];
  const { leaves } = await parseMessage(wholeOf(claim));
  for await (const attachment of attachmentsOf(leaves)) {
    if (found.length === limits.maxAttachments) throw tooMany();
    found.push(attachment);
  }
  return found;
}

async function* wholeOf(claim: Claim): AsyncGenerator<Uint8Array> {
  yield concatBytes([claim.header, utf8("\r\n")]);
  yield* claim.body();
}

function tooMany(): MailError {
  return new MailError(
    "too_large",
    `Cannot send more than ${limits.maxAttachments} attachments at once`,
  );
}
