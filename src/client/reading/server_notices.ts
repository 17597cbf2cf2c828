/** What the server says by itself, put where it belongs: with sent mail, and in the place of its own entries. */
import { verifyPieces } from "../../crypto/message/piece.ts";
import type { AccountName, Address } from "../../model/address.ts";
import { systemName } from "../../model/bounce.ts";
import { utf8 } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Envelope } from "../../model/message.ts";
import { heardElsewhere } from "../../model/promises.ts";
import { untagged } from "../../model/tagged_address.ts";
import type { BounceNotice, WireEntry } from "../../wire/layouts.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import type { OpenAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import type { OpenedBounce } from "./bounce.ts";
import { encodedSource } from "./encoded_source.ts";
import type { GivenEntry, ListedDelivery, ListedMessage, OpenedMessage } from "./opened_entry.ts";

/** All that the server said of some entries. */
export type Notices = ReplyOf<"bounced">;

/** Asks what the server says of these entries, in as many requests as it takes, which travel together. */
export function askNotices(client: Client, ids: readonly EntryId[]): Promise<Notices> {
  return heardElsewhere(ask(client, ids)); // by the caller, unless it fails before it awaits this
}

async function ask(client: Client, ids: readonly EntryId[]): Promise<Notices> {
  const parts: EntryId[][] = [];
  for (let at = 0; at < ids.length; at += limits.maxBouncedIds) {
    parts.push(ids.slice(at, at + limits.maxBouncedIds));
  }
  const told = await Promise.all(parts.map((ids) => client.call("bounced", { ids })));
  return {
    bounced: told.flatMap(({ bounced }) => bounced),
    retentionNotices: told.flatMap(({ retentionNotices }) => retentionNotices),
  };
}

/** Tells whom a message was not stored for, by the id of the own copy. */
export async function bouncedAtSend(
  client: Client,
  id: EntryId,
): Promise<(AccountName | Address)[]> {
  const { bounced } = await askNotices(client, [id]);
  return bounced.filter(({ reason }) => reason === "no_such_account")
    .map(({ recipient }) => recipient);
}

/** Adds to a list what the server said: to sent mail its recipients, and opens the server's own entries. */
export async function withNotices(
  account: OpenAccount,
  given: readonly GivenEntry[],
  notices: Notices,
): Promise<ListedMessage[]> {
  return await Promise.all(given.map(async (each) => {
    const { entry, opened: { message } } = each;
    if (isNotice(entry, message, notices)) {
      return (await openNotice(account, each, notices)).message;
    }
    const own = notices.bounced.filter(({ id }) => id === message.id);
    return own.length === 0 ? message : await withStates(message, own, account.domain);
  }));
}

/** The server's own entries are what it says by itself, and mail from outside, of which it says nothing. */
export function isNotice(
  { id, from }: WireEntry,
  { outcome }: ListedMessage,
  { bounced, retentionNotices }: Notices,
): boolean {
  const isTold = [...bounced, ...retentionNotices].some((told) => told.id === id);
  return from === systemName && (outcome !== "unsigned" || isTold);
}

/** Opens one of the server's own entries. `original`: what came back with it, if anything did. */
async function openNotice(
  account: OpenAccount,
  given: GivenEntry,
  { bounced, retentionNotices }: Notices,
): Promise<OpenedBounce> {
  const { entry } = given;
  const retentionNotice = retentionNotices.find(({ id }) => id === entry.id);
  if (retentionNotice !== undefined) {
    const { openRetentionNotice } = await import("./retention_notice.ts");
    return { message: openRetentionNotice(account, given, retentionNotice), original: null };
  }
  const { openBounce } = await import("./bounce.ts");
  return openBounce(account, given, bounced.find(({ id }) => id === entry.id));
}

/** Recipients that never had an account are no deliveries yet. The server cannot add one that was not addressed. */
async function withStates(
  message: ListedMessage,
  notices: readonly BounceNotice[],
  domain: string,
): Promise<ListedMessage> {
  const { noteOf } = await import("./bounce.ts");
  const deliveries = new Map<string, ListedDelivery>(
    message.deliveries.map((each) => [each.recipient, each]),
  );
  const { to = [], cc = [], bcc = [] } = message.headers ?? {};
  const addressed = new Set([...[...to, ...cc, ...bcc].map(untagged), ...deliveries.keys()]);
  for (const notice of notices) {
    const note = noteOf(notice, domain);
    if (note === null || !addressed.has(note.recipient)) continue;
    const { recipient, reason } = note;
    deliveries.set(recipient, {
      recipient,
      readAt: null,
      receipt: null,
      bounced: reason,
      unsent: null,
      received: false,
    });
  }
  return { ...message, deliveries: [...deliveries.values()] };
}

/** Opens one of the server's own entries, its note as the source. @throws {MailError} `bad_signature` where it cannot be opened */
export async function openNoticeMessage(
  account: OpenAccount,
  given: GivenEntry,
  notices: Notices,
  stream: AsyncIterable<Uint8Array>,
): Promise<OpenedMessage> {
  const { message, original } = await openNotice(account, given, notices);
  const { headers } = message;
  if (headers === null) throw sealBroken();
  const source = async function* () {
    const hasBody = original !== null && !original.burn;
    if (!hasBody) { for await (const _ of stream); }
    const body = hasBody ? await checkedBody(original, stream) : null;
    yield* await composeNotice(account, message, body, original?.burn === true);
  };
  return { ...message, headers, contents: null, source };
}

async function checkedBody(
  original: Envelope,
  stream: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  const { openPayload } = await import("../../crypto/age/payload.ts");
  const source = () => verifyPieces(openPayload(original.fileKey, stream), original);
  return encodedSource({ ...original, source });
}

async function composeNotice(
  account: OpenAccount,
  message: ListedMessage,
  body: AsyncIterable<Uint8Array> | null,
  burns: boolean,
): Promise<AsyncIterable<Uint8Array>> {
  if (message.retentionNotice !== null) {
    const { composeRetentionNotice } = await import("./retention_notice.ts");
    return composeRetentionNotice(message);
  }
  const { composeNote } = await import("./bounce.ts");
  // keyed, or what came back could end it; and the same each time, since a message does not change
  const tag = await account.mailboxKey.contentTag(utf8(message.headers!.messageId));
  const boundary = `mailctl-${tag.toHex().slice(0, 32)}`;
  return composeNote(account, message, { source: body, burns, boundary });
}
