/** Importing into one mailbox: what it asks that mailbox for, to store nothing beside the mail that it is a copy of. */
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { BodyDigests, Box } from "../../model/message.ts";
import { type ListedMessage } from "../reading/opened_entry.ts";
import { openEntry, unexpectedReply } from "../reading/entry.ts";
import { importAll, type ImportedMessage, type ImportListener } from "./importer.ts";
import { listBox, type ListedPage } from "../reading/list_messages.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { Present } from "./already_there.ts";

/** Imports messages; see `Mailbox.import`. */
export async function importInto(
  context: MailboxContext,
  messages: AsyncIterable<ImportedMessage>,
  listener: ImportListener,
): Promise<void> {
  const account = await context.account;
  const present = new Present({
    domain: account.domain,
    messages: (box) => wholeBox(context, box),
    digests: (id) => digestsOf(context, id),
  });
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const { client, now } = context;
  await importAll({ client, account, present, now, wait }, messages, listener);
}

async function* wholeBox(context: MailboxContext, box: Box): AsyncGenerator<ListedMessage, void> {
  let before: number | undefined = undefined;
  for (;;) {
    const limit = limits.maxListEntries;
    const { messages }: ListedPage = await listBox(context, { box, limit, before });
    yield* messages;
    if (messages.length < limit) return;
    before = messages.at(-1)!.id;
  }
}

/** Null: what it says of its body does not hold. */
async function digestsOf(context: MailboxContext, id: EntryId): Promise<BodyDigests | null> {
  const looked = context.client.call("look", { ids: [id] });
  const [account, keyring] = [await context.account, await context.keyring()];
  const entry = (await looked).entries[0];
  if (entry?.id !== id) throw unexpectedReply();
  const { message, body } = await openEntry(account, keyring, entry);
  return message.outcome === "invalid" ? null : body;
}
