/** A message on its way out as `send` has it: sent, told of, and waited for. */
import type { Mailbox } from "../../client/mailbox.ts";
import type { Draft, SendResult } from "../../client/sending/draft.ts";
import type { Address } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { visible } from "../../model/visible_text.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { say, writeJson, writeLine } from "../terminal/output.ts";
import { withProgress } from "../terminal/progress.ts";
import { isoTime } from "../time_format.ts";
import type { WaitedForRead } from "../waiting/wait_for_receipts.ts";
import type { Timeout } from "../waiting/waiting.ts";

/** What a sender waits for. */
interface Waiting {
  readonly wait?: "stored" | "read" | undefined;
  readonly timeout?: Timeout | undefined;
  readonly json: boolean;
}

/** Sends, as `deliver`, or keeps as a draft instead. */
export async function deliverOrKeep(
  mailbox: Mailbox,
  draft: Draft,
  flags: Waiting & { readonly saveDraft: boolean },
): Promise<void> {
  if (!flags.saveDraft) return await deliver(mailbox, draft, flags);
  const { saveDraft } = await import("./stored_draft.ts");
  await saveDraft(mailbox, draft, flags.json);
}

/** Sends, tells so, and waits as far as it was asked to. `sent` is called as soon as it is stored. */
export async function deliver(
  mailbox: Mailbox,
  draft: Draft,
  flags: Waiting,
  sent: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const result = await withProgress("Sending", (progress) => mailbox.send(draft, progress));
  await sent();
  sayAliases(result);
  if (!flags.json) await writeLine(visible`${result.id}`);
  const { readers, failure } = await wait(mailbox, result, draft, flags);
  if (flags.json) await writeJson(resultJson(result, readers));
  if (result.bounced.length > 0) throw cameBack(result.bounced);
  if (failure !== null) throw failure;
}

/**
 * The reply to a send says that it is stored, by now with its recipients too unless it had to wait. What came back at
 * once nobody will read.
 */
async function wait(
  mailbox: Mailbox,
  { id, messageId, bounced, aliases }: SendResult,
  draft: Draft,
  { wait, timeout }: Waiting,
): Promise<WaitedForRead> {
  const isThere = wait === "stored" && draft.deliver === undefined;
  if (wait === undefined || isThere || bounced.length > 0) return { readers: [], failure: null };
  const { waitForRead } = await import("../waiting/wait_for_receipts.ts");
  return await waitForRead(mailbox, { id, messageId, draft, aliases }, wait, timeout);
}

/** Says who gets what was sent to an alias: the server decides that, at the first time. */
function sayAliases({ aliases }: SendResult): void {
  for (const { alias, address } of aliases) {
    say(`${alias} is an alias: its mail goes to ${address}`);
  }
}

function cameBack(addresses: readonly Address[]): MailError {
  return new MailError(
    "no_such_recipient",
    `Cannot send to ${addresses.join(", ")}: there is no such account`,
    { hint: "Run `mailctl inbox` to see the notices. All other recipients have the message." },
  );
}

/** What `--json` tells of a send. */
function resultJson(
  { id, messageId, repeated, to, cc, bcc, bounced, heldUntil }: SendResult,
  readers: WaitedForRead["readers"],
): JsonOf<"send"> {
  const receipts = readers.map(({ recipient, readAt }) => ({
    recipient,
    readAt: isoTime(readAt!),
  }));
  const held = heldUntil === null ? null : isoTime(heldUntil);
  return { id, messageId, repeated, to, cc, bcc, bounced, receipts, heldUntil: held };
}
