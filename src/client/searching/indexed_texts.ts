/** The texts of messages that the index of this machine has, for a search that knows the messages by itself. */
import type { EnvelopeDigest } from "../../model/digests.ts";
import type { EntryId } from "../../model/ids.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { BrokenIndex } from "./held_segments.ts";
import { tryOpenIndex } from "./open_index.ts";

export interface IndexedTexts {
  /** All text of a message with this envelope, as `readMessageTexts` folds it; null: the index does not have it. */
  readonly bodyOf: (id: EntryId, digest: EnvelopeDigest) => Promise<string | null>;
  /** Lets other programs have the index. */
  readonly close: () => void;
}

/**
 * Opens them. Null: there is no index, or another program has it. Nothing is asked of the server, and nothing is added.
 * @throws {MailError} `cannot_create`, `configuration`
 */
export async function openIndexedTexts(context: MailboxContext): Promise<IndexedTexts | null> {
  const held = await tryOpenIndex(context);
  if (held === null) return null;
  const bodyOf: IndexedTexts["bodyOf"] = async (id, digest) => {
    try {
      return await held.index.bodyOf(id, digest);
    } catch (error) {
      if (error instanceof BrokenIndex) return null;
      throw error;
    }
  };
  return { bodyOf, close: held.close };
}
