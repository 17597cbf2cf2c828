/** The messages of a folder, or those with a flag or a keyword: found by how all are filed, and then opened. */
import { type AccountName, addressAt, parseAddress } from "../../model/address.ts";
import { type Moment, timeBefore } from "../../model/delivery_time.ts";
import { type Flag, type FolderList, folderOf, foldKeyword } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Box } from "../../model/message.ts";
import { inOrder } from "../../model/promises.ts";
import { parseTaggedAddress } from "../../model/tagged_address.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { portionsOf } from "../portions.ts";
import { isFor } from "../reading/addressee.ts";
import type { ListedPage, MessageQuery } from "../reading/list_messages.ts";
import { askAgain, openListed } from "../reading/open_listed.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { type FeedPage, listAll } from "./change_feed.ts";
import { type FiledMessage, isUnread } from "./filed_message.ts";

export interface FolderQuery extends Omit<MessageQuery, "box" | "aside" | "unseen"> {
  /** A folder's id; a box's name: that box's own folder. */
  readonly folder: number | Box;
  /** The folders that there are: what is in another one counts as in its box's own. */
  readonly folders: FolderList;
  /** Only messages that have it. */
  readonly flag?: Flag | undefined;
  /** Only messages that have it, whatever its case. */
  readonly keyword?: string | undefined;
}

/** Where it is read how messages are filed: see `FiledMailbox`. */
export interface FilingSource {
  list(options: { readonly aside?: boolean }): AsyncGenerator<FeedPage, void>;
  read(ids: readonly EntryId[]): Promise<FiledMessage[]>;
}

/** Lists newest first. `total` and `unread` are those of the folder. @throws {MailError} `malformed` for `from`, `to` */
export async function listFolder(
  context: MailboxContext,
  filed: FilingSource,
  query: FolderQuery,
): Promise<ListedPage> {
  const isRight = await matcher(context, query);
  const inFolder = await filedIn(filed, query);
  const unread = inFolder.filter(isUnread).length;
  const since = await startOf(context, query.since);
  const ids = inFolder.filter((message) => isFiledSo(message, query, since))
    .map(({ id }) => id).sort((a, b) => b - a);
  const messages: ListedMessage[] = [];
  let at = 0;
  while (at < ids.length && messages.length < query.limit) {
    const wanted = query.from === undefined && query.to === undefined
      ? query.limit - messages.length
      : limits.maxListEntries;
    const portion = ids.slice(at, at + Math.min(wanted, limits.maxListEntries));
    messages.push(...(await openAsListed(context, filed, portion)).filter(isRight));
    at += portion.length;
  }
  return {
    total: inFolder.length,
    unread,
    messages: messages.slice(0, query.limit),
    more: at < ids.length || messages.length > query.limit,
  };
}

/** Lists how the messages of a folder are filed. */
async function filedIn(
  filed: FilingSource,
  { folder, folders }: FolderQuery,
): Promise<FiledMessage[]> {
  const all = await listAll(filed, typeof folder === "number");
  return all.filter((message) => folderOf(folders, message) === folder);
}

/** As milliseconds since 1970. A span is counted by the server's clock, which said when each message came. */
async function startOf({ client }: MailboxContext, since: Moment | undefined): Promise<number> {
  if (since === undefined) return -Infinity;
  return timeBefore(since, since.kind === "at" ? 0 : (await client.call("ping", {})).time);
}

function isFiledSo(message: FiledMessage, query: FolderQuery, since: number): boolean {
  const { flag, keyword, before = Infinity, unread = false } = query;
  const { flags, keywords } = message.filing;
  const wanted = keyword === undefined ? null : foldKeyword(keyword);
  return message.id < before && (!unread || isUnread(message)) &&
    message.storedAt >= since &&
    (flag === undefined || flags.includes(flag)) &&
    (wanted === null || keywords.some((each) => foldKeyword(each) === wanted));
}

/** Makes a test of what only an opened message tells. */
async function matcher(
  context: MailboxContext,
  query: FolderQuery,
): Promise<(message: ListedMessage) => boolean> {
  const from = query.from === undefined ? null : parseAddress(query.from);
  const to = query.to === undefined ? null : parseTaggedAddress(query.to);
  const { domain } = await context.account;
  const sender = from && addressAt(from.name as AccountName, from.domain ?? domain);
  return (message) =>
    (sender === null || message.origin === null && message.from === sender) &&
    (to === null || isFor(message, to, domain));
}

/** Opens messages in this order; those that are gone are left out. While some are opened, the next are on their way. */
export async function openAsListed(
  context: MailboxContext,
  filed: FilingSource,
  ids: readonly EntryId[],
): Promise<ListedMessage[]> {
  const opened: ListedMessage[] = [];
  const look = async (asked: readonly EntryId[]) => ({
    asked,
    entries: await askAgain(context)(asked),
  });
  const portions = portionsOf(ids, limits.maxListEntries);
  for await (const { asked, entries } of inOrder(portions, 2, look)) {
    opened.push(...await openPortion(context, filed, asked, entries));
  }
  return opened;
}

/** `told`: what the server told of them first, which may be of less than was asked for. */
async function openPortion(
  context: MailboxContext,
  filed: FilingSource,
  ids: readonly EntryId[],
  told: readonly WireEntry[],
): Promise<ListedMessage[]> {
  const opened: ListedMessage[] = [];
  const keyring = context.keyring();
  for (let [left, entries] = [ids, told]; left.length > 0;) {
    if (entries.length === 0) {
      left = (await filed.read(left)).map(({ id }) => id);
      entries = left.length === 0 ? [] : await askAgain(context)(left);
    }
    opened.push(...await openListed(context, await keyring, entries));
    left = left.slice(entries.length || left.length);
    if (left.length > 0) entries = await askAgain(context)(left);
  }
  return opened;
}
