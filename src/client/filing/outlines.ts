/** Outlines of messages at the server: sealed by whichever machine opened a message first, for all of the owner's. */
import type { MailboxKey, SummaryOwner } from "../../crypto/account/mailbox_key.ts";
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { portionsOf } from "../portions.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import { decodeOutline, encodeOutline, type Outline } from "./outline.ts";

/** An entry that an outline is of. */
export interface OutlinedEntry extends SummaryOwner {
  readonly id: EntryId;
}

export interface NewOutline {
  readonly entry: OutlinedEntry;
  readonly outline: Outline;
}

/** Reads outlines, one answer an entry, in order; null where there is none, or one that was altered. */
export async function readOutlines(
  context: MailboxContext,
  entries: readonly OutlinedEntry[],
): Promise<(Outline | null)[]> {
  const found: (Outline | null)[] = [];
  for (const portion of portionsOf(entries, limits.maxListEntries)) {
    const asked = context.client.call("outlines", { ids: portion.map(({ id }) => id) });
    const { outlines } = await context.afterLogin(asked);
    if (outlines.length !== portion.length) throw unexpectedReply();
    const { mailboxKey } = await context.account;
    found.push(
      ...await Promise.all(
        outlines.map((sealed, at) => sealed && openOutline(mailboxKey, portion[at]!, sealed)),
      ),
    );
  }
  return found;
}

/** Keeps outlines, but for those that are too long. @throws {MailError} `try_later` */
export async function saveOutlines(
  context: MailboxContext,
  outlines: readonly NewOutline[],
): Promise<void> {
  const { mailboxKey } = await context.account;
  for (const portion of portionsOf(outlines, limits.maxListEntries)) {
    const sealed = await Promise.all(portion.map(async ({ entry, outline }) => {
      const encoded = encodeOutline(outline);
      if (encoded === null) return [];
      return [{ id: entry.id, sealed: await mailboxKey.sealOutline(entry, encoded) }];
    }));
    const kept = sealed.flat();
    if (kept.length > 0) await context.client.repeat("saveOutlines", { outlines: kept });
  }
}

async function openOutline(
  key: MailboxKey,
  entry: OutlinedEntry,
  sealed: Uint8Array,
): Promise<Outline | null> {
  try {
    return decodeOutline(await key.openOutline(entry, sealed));
  } catch (error) {
    if (error instanceof MailError) return null;
    throw error;
  }
}
