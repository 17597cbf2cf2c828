/** Importing into one mailbox: what it asks that mailbox for, to store nothing beside the mail that it is a copy of. */
import { isFailure } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import type { BodyDigests, Box } from "../../model/message.ts";
import { type ListedMessage } from "../reading/opened_entry.ts";
import { encodedSource } from "../reading/encoded_source.ts";
import { openEntry } from "../reading/entry.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import { importAll } from "./importer.ts";
import type { ImportedMessage, ImportListener } from "./imported_message.ts";
import { listPages } from "../reading/list_messages.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { digestsOf, Present } from "./already_there.ts";

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
    digests: (id) => sourceDigests(context, id),
  });
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const { client, now } = context;
  await importAll({ client, account, present, now, wait }, messages, listener);
}

async function* wholeBox(context: MailboxContext, box: Box): AsyncGenerator<ListedMessage, void> {
  for await (const { messages } of listPages(context, { box, limit: Number.MAX_SAFE_INTEGER })) {
    yield* messages;
  }
}

/** What it says of its body, or where that would be another form, what its body is. Null: it does not hold. */
async function sourceDigests(context: MailboxContext, id: EntryId): Promise<BodyDigests | null> {
  const looked = context.client.call("look", { ids: [id] });
  const [account, keyring] = [await context.account, await context.keyring()];
  const entry = (await looked).entries[0];
  if (entry?.id !== id) throw unexpectedReply();
  const { message, body } = await openEntry(account, keyring, entry);
  if (message.outcome === "invalid" || body === null) return null;
  if (body.encodedBytes === null) return body;
  try {
    const { openMessage } = await import("../reading/open_message.ts");
    return await digestsOf(encodedSource(await openMessage(context, id, () => {})));
  } catch (error) {
    if (isFailure(error, "bad_signature")) return null;
    throw error;
  }
}
