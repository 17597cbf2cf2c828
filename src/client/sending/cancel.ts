/** Messages that wait, taken back by their sender. */
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { excuseCopies } from "../correspondents/numbered_contacts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { askAgain } from "../reading/open_listed.ts";
import { openEntry } from "../reading/entry.ts";

/** See `Mailbox.cancel`. Their numbers are given up first: a reader who was told so gets a message all the same. */
export async function cancel(context: MailboxContext, ids: readonly EntryId[]): Promise<void> {
  const keyring = context.keyring();
  const account = await context.account;
  for (let at = 0; at < ids.length; at += limits.maxListEntries) {
    const entries = await askAgain(context)(ids.slice(at, at + limits.maxListEntries));
    const opened = await Promise.all(
      entries.map(async (entry) => await openEntry(account, await keyring, entry)),
    );
    const copies = opened.flatMap(({ numbering: { numbers } }) => numbers);
    await (await keyring).change((contacts) => excuseCopies(contacts, copies));
  }
  await context.client.call("cancel", { ids });
}
