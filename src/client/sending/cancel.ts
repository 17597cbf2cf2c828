/** Messages that wait, taken back by their sender. */
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { NumberedCopy } from "../../model/message.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import { excuseCopies } from "../correspondents/numbered_contacts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { openEntry } from "../reading/entry.ts";
import { askAgain } from "../reading/open_listed.ts";

/** See `Mailbox.cancel`. Their numbers are given up with it: nobody misses them. */
export async function cancel(context: MailboxContext, ids: readonly EntryId[]): Promise<void> {
  const { client } = context;
  const keyring = await context.keyring();
  const copies = await copiesOf(context, keyring, ids);
  const isDone = await keyring.change(
    (contacts) => excuseCopies(contacts, copies),
    async (update) => {
      await client.call("cancel", { ids, keyring: update });
      return true;
    },
  );
  if (!isDone) await client.repeat("cancel", { ids, keyring: null }); // they were given up before
}

/** Whom messages went to, each with the number that it had. */
async function copiesOf(
  context: MailboxContext,
  keyring: Keyring,
  ids: readonly EntryId[],
): Promise<NumberedCopy[]> {
  const account = await context.account;
  const copies: NumberedCopy[] = [];
  for (let at = 0; at < ids.length; at += limits.maxListEntries) {
    const entries = await askAgain(context)(ids.slice(at, at + limits.maxListEntries));
    for (const entry of entries) {
      const { message, numbering } = await openEntry(account, keyring, entry);
      const waits = message.outcome === "verified" && message.notBefore !== null; // as its sender signed
      if (waits) copies.push(...numbering.numbers);
    }
  }
  return copies;
}
