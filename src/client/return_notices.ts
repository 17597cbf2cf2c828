/** What the server says came back, put where it belongs: with sent mail, and in the place of returned entries. */
import { MailError, sealBroken } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { systemName } from "../model/returned.ts";
import type { ReturnedNotice, WireEntry } from "../wire/operations.ts";
import { identitiesOf, type OpenAccount } from "./account.ts";
import type { Client } from "./client.ts";
import type { ListedDelivery, ListedMessage } from "./entry.ts";
import type { OpenedMessage } from "./mailbox.ts";

/** Asks what came back of these entries, in as many requests as it takes, which travel together. */
export function askReturned(
  client: Client,
  ids: readonly number[],
): Promise<readonly ReturnedNotice[]> {
  const asked = ask(client, ids);
  asked.catch(() => {}); // whoever awaits it hears of it; who failed before that does not ask
  return asked;
}

async function ask(
  client: Client,
  ids: readonly number[],
): Promise<readonly ReturnedNotice[]> {
  const parts: number[][] = [];
  for (let at = 0; at < ids.length; at += limits.maxReturnedIds) {
    parts.push(ids.slice(at, at + limits.maxReturnedIds));
  }
  const replies = Promise.all(parts.map((ids) => client.call("returned", { ids })));
  replies.catch(() => {}); // whoever awaits the answer hears of it
  return (await replies.catch(noneOfOldServer)).flatMap(({ returned }) => returned);
}

/** A server that does not know the question has nothing to tell. */
function noneOfOldServer(error: unknown): { readonly returned: ReturnedNotice[] }[] {
  if (error instanceof MailError && error.code === "protocol") return [];
  throw error;
}

/** Adds what came back to a list: to sent mail its recipients, and opens the returned entries. */
export async function withReturned(
  account: OpenAccount,
  entries: readonly WireEntry[],
  messages: readonly ListedMessage[],
  notices: readonly ReturnedNotice[],
): Promise<ListedMessage[]> {
  return await Promise.all(messages.map(async (message, at) => {
    const own = notices.filter(({ id }) => id === message.id);
    const entry = entries[at]!;
    if (entry.from === systemName) return await openNotice(account, entry, own[0]);
    return own.length === 0 ? message : await withStates(message, own, account.domain);
  }));
}

async function openNotice(
  account: OpenAccount,
  entry: WireEntry,
  notice: ReturnedNotice | undefined,
): Promise<ListedMessage> {
  const { openReturned } = await import("./returned.ts");
  return (await openReturned(account, entry, notice)).message;
}

/** Recipients that never had an account are no deliveries yet. The server cannot add one that was not addressed. */
async function withStates(
  message: ListedMessage,
  notices: readonly ReturnedNotice[],
  domain: string,
): Promise<ListedMessage> {
  const { noteOf } = await import("./returned.ts");
  const deliveries = new Map<string, ListedDelivery>(
    message.deliveries.map((each) => [each.recipient, each]),
  );
  const { to = [], cc = [], bcc = [] } = message.headers ?? {};
  const addressed = new Set([...to, ...cc, ...bcc, ...deliveries.keys()]);
  for (const notice of notices) {
    const note = noteOf(notice, domain);
    if (note === null || !addressed.has(note.recipient)) continue;
    const { recipient, reason } = note;
    deliveries.set(recipient, { recipient, readAt: null, returned: reason });
  }
  return { ...message, deliveries: [...deliveries.values()] };
}

/** Opens a returned entry with its note as the source. @throws {MailError} `bad_signature` where it cannot be opened */
export async function openReturnedMessage(
  account: OpenAccount,
  entry: WireEntry,
  notices: readonly ReturnedNotice[],
  stream: AsyncIterable<Uint8Array>,
): Promise<OpenedMessage> {
  const { composeNote, openReturned } = await import("./returned.ts");
  const { message, original } = await openReturned(
    account,
    entry,
    notices.find(({ id }) => id === entry.id),
  );
  const { headers } = message;
  if (headers === null) throw sealBroken();
  const { openBody } = await import("../crypto/body.ts");
  const { verifyPieces } = await import("../crypto/piece.ts");
  const source = async function* () {
    if (original === null) { for await (const _ of stream); }
    const body = original === null
      ? null
      : verifyPieces(openBody(identitiesOf(account), stream), original);
    yield* composeNote(account, message, body);
  };
  return { ...message, headers, source };
}
