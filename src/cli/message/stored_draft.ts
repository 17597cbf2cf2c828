/** `send --save-draft` and `send --draft`: messages on their way through the folder for drafts. */
import type { Mailbox } from "../../client/mailbox.ts";
import type { Draft } from "../../client/sending/draft.ts";
import type { DraftTerms } from "../../client/submission/draft_terms.ts";
import { failures, MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { visible } from "../../model/visible_text.ts";
import { host } from "../host.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { closing } from "../session.ts";
import { say, writeJson, writeLine } from "../terminal/output.ts";

/** Keeps a draft, and tells its id. @throws {MailError} as `keepDraft` */
export async function saveDraft(mailbox: Mailbox, draft: Draft, asJson: boolean): Promise<void> {
  mailbox.requireAllowed("append");
  const { keepDraft } = await import("../../client/submission/stored_draft.ts");
  const id = await keepDraft(mailbox, draft, host.now());
  await (asJson ? writeJson({ draft: id } satisfies JsonOf<"send">) : writeLine(visible`${id}`));
}

/**
 * Sends a draft with `deliver`, which calls `sent` once it is stored, and then deletes it. `given` are terms that its
 * sender names now. One that was sent before, by a
 * run that was stopped, is only deleted.
 */
export async function sendStored(
  mailbox: Mailbox,
  id: EntryId,
  given: DraftTerms,
  deliver: (draft: Draft, sent: () => Promise<void>) => Promise<void>,
): Promise<EntryId | null> {
  const { findStored, readStored } = await import("../../client/submission/stored_draft.ts");
  const { key, sentAs } = await findStored(mailbox, id);
  const drop = () => dropDraft(mailbox, id);
  if (sentAs !== null) {
    say(`Draft ${id} was sent before, as message ${sentAs}`);
    await drop();
    return sentAs;
  }
  // One connection cannot hand out the draft while another request waits for its answer.
  await closing(await mailbox.reopen(), async (source) => {
    await deliver(await readStored(source, id, { key, now: host.now(), given }), drop);
  });
  return null;
}

/** That it cannot be deleted is told, and no failure: the message is sent, and the next try says so. */
async function dropDraft(mailbox: Mailbox, id: EntryId): Promise<void> {
  await mailbox.delete([id]).catch((error) => {
    if (!(error instanceof MailError)) throw error;
    if (error.code === "no_such_message") return;
    say(`Cannot delete draft ${id}, which was sent: ${failures[error.code].meaning}`);
  });
}
