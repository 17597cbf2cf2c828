/** A message that a program hands over: put in the queue first, then sent, then what waited before it. */
import type { LoginOptions } from "../../client/account/log_in.ts";
import type { Claim, Spool } from "../../client/submission/spool.ts";
import { boundBytes } from "../../mime/block.ts";
import { formatAddress, parseAddress } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort } from "../../model/promises.ts";
import { say } from "../terminal/output.ts";
import type { SendmailOptions } from "./arguments.ts";
import { host } from "../host.ts";

/**
 * Takes a message. When this resolves it is sent, or on disk and worth trying again.
 * @throws {MailError} what only the sender can mend; then it is not kept, unless it was asked to be
 */
export async function handOver(
  query: SendmailOptions,
  options: LoginOptions,
  spool: Spool,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  const claim = await takeMessage(query, options, spool, source);
  try {
    if (!query.onlyQueues) await sendNow(query, options, spool, claim);
  } finally {
    claim.release();
  }
}

/** Reads the message and puts it in the queue. @throws {MailError} `usage` for nobody; `malformed`, `too_large` */
async function takeMessage(
  { recipients, readsRecipients, dotEnds, name }: SendmailOptions,
  options: LoginOptions,
  spool: Spool,
  source: AsyncIterable<Uint8Array>,
): Promise<Claim> {
  const [{ takeIn }, { readSubmission }, { parseRecipients }, { formatTrusted }] = await Promise
    .all([
      import("../../mime/intake.ts"),
      import("../../mime/submission.ts"),
      import("../../client/correspondents/recipients.ts"),
      import("../../client/connection/server_address.ts"),
    ]);
  const { header, body } = await takeIn(source, { dotEnds });
  const { to, cc, bcc, unread } = readSubmission(header);
  if (readsRecipients && unread !== null) throw unread;
  const named = readsRecipients ? [...to, ...cc, ...bcc].map(({ address }) => address) : [];
  const all = [...recipients, ...named];
  parseRecipients({ to: all, cc: [], bcc: [] });
  const account = {
    server: formatTrusted(options.server),
    user: formatAddress(parseAddress(options.name)),
  };
  const note = { ...account, recipients: all, name, queuedAt: host.now() };
  const bounded = boundBytes(body, limits.maxMessageCeilingBytes, tooLarge);
  return await spool.add(note, { header, body: bounded });
}

/** Sends it, and then what waited; leaves it in the queue where only time can help. @throws {MailError} any other */
async function sendNow(
  query: SendmailOptions,
  options: LoginOptions,
  spool: Spool,
  claim: Claim,
): Promise<void> {
  const [{ openMailbox }, { sendWaiting, tryClaim }] = await Promise.all([
    import("../../client/open_mailbox.ts"),
    import("./flush.ts"),
  ]);
  const opening = openMailbox(options);
  try {
    const { outcome, error } = await tryClaim(opening, claim, { isNew: true });
    if (outcome === "waiting" && query.isVerbose) {
      say(`Message ${claim.id} waits in the queue: ${error!.message}`);
    }
    if (outcome === "failed" && !query.keepsFailed) await bestEffort(claim.remove()); // then it stays, marked
    if (outcome === "failed") throw error;
    // The status tells of the message that was handed in, which is sent. `queue` tells of the others.
    if (outcome === "sent") await bestEffort(sendWaiting(spool, await opening, claim));
  } finally {
    opening.then((mailbox) => mailbox.close(), () => {});
  }
}

function tooLarge(bytes: number): MailError {
  const most = limits.maxMessageCeilingBytes;
  return new MailError(
    "too_large",
    `Cannot send ${bytes} bytes or more: no server accepts more than ${most}`,
  );
}
