/** Messages that were answered or passed on are marked so, once that is sent. */
import { failures, MailError } from "../../model/errors.ts";
import type { Flag } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import type { Draft } from "../sending/draft.ts";
import type { FilingChange } from "./filing_change.ts";

/** What is needed of a mailbox: see `FiledMailbox`. */
interface Filer {
  change(ids: readonly EntryId[], change: FilingChange): Promise<unknown>;
}

/** Sets `answered` and `forwarded`. That it cannot be done is told, and no failure: what was sent is sent. */
export async function noteUse(
  context: MailboxContext,
  filed: Filer,
  { replyTo, forwards }: Pick<Draft, "replyTo" | "forwards">,
): Promise<void> {
  if (!context.client.allows("file")) return;
  const note = async (id: EntryId | undefined, flag: Flag) => {
    if (id === undefined) return;
    await filed.change([id], { addFlags: [flag] }).catch((error) => {
      if (!(error instanceof MailError)) throw error;
      context.warn(`Cannot mark message ${id} as ${flag}: ${failures[error.code].meaning}`);
    });
  };
  await note(replyTo, "answered");
  await note(forwards, "forwarded");
}
