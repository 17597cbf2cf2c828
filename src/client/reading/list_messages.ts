/** What a box has, a page at a time, and what comes into the inbox. A server that gives something else is refused. */
import { type AccountName, localName, parseAddress } from "../../model/address.ts";
import { systemDisplayName, systemName } from "../../model/bounce.ts";
import type { Moment } from "../../model/delivery_time.ts";
import { limits } from "../../model/limits.ts";
import type { Box } from "../../model/message.ts";
import { parseTaggedAddress } from "../../model/tagged_address.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import { lowestOpen, missingOf } from "../correspondents/numbered_contacts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { PageBound } from "../page_bound.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import { isFor } from "./addressee.ts";
import { checkPage } from "./check_page.ts";
import { type ListedFor, openListed } from "./open_listed.ts";
import { type ListedMessage } from "./opened_entry.ts";

export interface ListedPage {
  /** Of the box as far as `aside` asks for it, whatever else was asked for. */
  readonly total: number;
  readonly unread: number;
  /** Newest first. */
  readonly messages: readonly ListedMessage[];
  /** True where there may be more that were asked for. */
  readonly more: boolean;
}

export interface MessageQuery {
  readonly box: Box;
  readonly limit: number;
  /** Only messages with a lower id. */
  readonly before?: number | undefined;
  readonly unread?: boolean | undefined;
  /** Address or name; only what this account wrote, not what it or the server brought in. */
  readonly from?: string | undefined;
  /**
   * Address or name: only what its sender shows to be for it, as the message itself says. Without a tag, any tag will
   * do. The server does not know, so that all of the box may be opened.
   */
  readonly to?: string | undefined;
  /** Only what was stored then or later; a span is counted back from now. */
  readonly since?: Moment | undefined;
  /** Only what is in the box's own folder (false), or only what is not (true). Absent: both. */
  readonly aside?: boolean | undefined;
  /** Pins no key and keeps no summary: nobody looks at who signed what. */
  readonly unseen?: boolean | undefined;
}

export interface NewMailOptions {
  /** Only messages with a higher id. */
  readonly after: number;
  readonly unread: boolean;
  /** Address or name; mail of others is not opened: it would count as seen though nobody is shown it. */
  readonly from?: string | undefined;
}

export interface NewMailPage {
  /** Oldest first. */
  readonly messages: readonly ListedMessage[];
  /** What to ask on with as `after`. */
  readonly last: number;
  /** True where more is there already. */
  readonly more: boolean;
}

/** Lists newest first; see `Mailbox.list`. */
export async function listBox(context: MailboxContext, query: MessageQuery): Promise<ListedPage> {
  const messages: ListedMessage[] = [];
  let last: Omit<ListedPage, "messages"> = { total: 0, unread: 0, more: false };
  for await (const page of listPages(context, query)) {
    last = page;
    messages.push(...page.messages);
  }
  return { ...last, messages };
}

/** Lists newest first, a page at a time; see `Mailbox.pages`. There is one page at least. */
export async function* listPages(
  context: MailboxContext,
  query: MessageQuery,
): AsyncGenerator<ListedPage, void> {
  const from = query.from === undefined ? null : parseAddress(query.from);
  const sender = from === null ? null : senderName(from.name);
  const to = query.to === undefined ? null : parseTaggedAddress(query.to);
  const bound = new PageBound();
  let before = query.before ?? null;
  for (let left = query.limit;;) {
    const limit = to === null ? Math.min(left, limits.maxListEntries) : limits.maxListEntries;
    const listing = context.client.call("list", {
      box: query.box,
      before,
      limit,
      unread: query.unread ?? false,
      from: sender,
      since: query.since ?? null,
      aside: query.aside ?? null,
    });
    const keyring = context.keyring();
    const { domain } = await context.account;
    const { total, unread, entries, more } = await listing;
    if (from !== null && localName(from, domain) === null) {
      return yield { total, unread, messages: [], more: false };
    }
    checkPage(entries, { box: query.box, before: before ?? Infinity, limit, from: sender });
    bound.take(entries.length, total);
    const opened = await openPage(
      context,
      await keyring,
      entries,
      query.unseen ? "unseen" : "reader",
    );
    const right = opened.filter((message) =>
      (from === null || message.origin === null) && (to === null || isFor(message, to, domain))
    );
    const messages = right.slice(0, left);
    yield { total, unread, messages, more: more || right.length > left };
    left -= messages.length;
    if (!more || entries.length === 0 || left <= 0) return;
    before = entries.at(-1)!.id;
  }
}

/** Waits for inbox messages behind an id; see `Mailbox.waitForMail`. */
export async function waitForMail(
  context: MailboxContext,
  { after, unread, from }: NewMailOptions,
): Promise<NewMailPage> {
  const arrived = context.client.call("waitForMail", { after, unread });
  const { entries, more } = await context.afterLogin(arrived);
  const last = entries.at(-1)?.id ?? after;
  if (entries.length === 0) return { messages: [], last, more: false };
  checkNewMail(entries, after);
  context.refreshKeyring();
  const { domain } = await context.account;
  const sender = from === undefined ? undefined : localName(parseAddress(from), domain);
  const wanted = entries.filter((entry) => sender === undefined || entry.from === sender);
  const messages = await openPage(context, await context.keyring(), wanted, "arriving");
  return { messages, last, more };
}

/** Opens entries, and looks further down for what their senders numbered lower and nobody has seen. */
async function openPage(
  context: MailboxContext,
  keyring: Keyring,
  entries: readonly WireEntry[],
  listedFor: ListedFor,
): Promise<ListedMessage[]> {
  const unseen = listedFor === "unseen";
  const messages = await openListed(context, keyring, entries, listedFor);
  const senders = [...new Set(messages.map(({ from }) => from))]
    .filter((from) => lowestOpen(keyring.find(from)) !== null);
  if (senders.length > 0 && !unseen) {
    const { findMissing } = await import("./find_missing.ts");
    await findMissing(context, keyring, senders);
  }
  if (!unseen) context.tellMissing(missingOf(keyring.contacts()));
  return messages;
}

/** The server's own name is written otherwise on the wire. */
function senderName(name: AccountName): AccountName {
  return name === systemDisplayName ? systemName : name;
}

/** @throws {MailError} `protocol` for entries that were not asked for */
function checkNewMail(entries: readonly WireEntry[], after: number): void {
  let last = after;
  for (const { box, id } of entries) {
    if (box !== "inbox" || id <= last) throw unexpectedReply();
    last = id;
  }
}
