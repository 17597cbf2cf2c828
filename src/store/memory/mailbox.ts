/** What is in an account's mailbox, in the memory store: how it is shown, marked as read and deleted. */
import type { AccountName } from "../../model/address.ts";
import type { AccountId, EntryId } from "../../model/ids.ts";
import type { Delivery } from "../../model/message.ts";
import type { KeyringUpdate } from "../account_store.ts";
import type { Quota } from "../administration_store.ts";
import { noRoomForSummaries } from "../failures.ts";
import type { Entry, EntrySummary, ListPage, ListQuery, MailboxStore } from "../mailbox_store.ts";
import { requireDeletable } from "../rules/entries.ts";
import type { HeldState } from "../rules/held.ts";
import { requireSummaryFits } from "../rules/summaries.ts";
import { replaceKeyring } from "./accounts.ts";
import {
  isFullWith,
  type Message,
  noteChange,
  noteOwnChange,
  remove,
  sealedBytesOf,
  senderOf,
  storedAt,
  type StoredEntry,
} from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function mailboxStore(state: MemoryState): MailboxStore {
  return {
    ...part(state, { list, entries }),
    ...changes(state, { saveSummaries, markRead, deleteEntries }),
  };
}

function list(state: MemoryState, query: ListQuery): ListPage {
  const all = [...state.mailbox(query.accountId).entries.values()];
  const box = all.filter(({ box, filing }) =>
    box === query.box && (query.aside === null || filing.aside === query.aside)
  );
  const page = box.filter((held) => matches(held, query)).toReversed().slice(0, query.limit);
  return {
    total: box.length,
    unread: box.filter((held) => held.readAt === null).length,
    entries: page.map(listed),
  };
}

function entries(
  state: MemoryState,
  accountId: AccountId,
  ids: readonly EntryId[],
): (Entry | null)[] {
  const { entries } = state.mailbox(accountId);
  return ids.map((id) => entries.has(id) ? whole(entries.get(id)!) : null);
}

function saveSummaries(
  state: MemoryState,
  accountId: AccountId,
  summaries: readonly EntrySummary[],
  quota?: Quota,
  keyring?: KeyringUpdate | null,
): void {
  const mailbox = state.mailbox(accountId);
  const there = [...new Map(summaries.map(({ id, summary }) => [id, summary]))].flatMap(
    ([id, summary]) => {
      const held = mailbox.entries.get(id);
      return held === undefined ? [] : [{ held, summary }];
    },
  );
  for (const { held, summary } of there) {
    requireSummaryFits(summary.length, held.copy.envelope.length);
  }
  const grown = there.reduce(
    (sum, { held, summary }) => sum + summary.length - (held.summary?.length ?? 0),
    0,
  );
  if (grown > 0 && isFullWith(mailbox, { messages: 0, bytes: grown, senderId: accountId }, quota)) {
    throw noRoomForSummaries();
  }
  if (keyring) replaceKeyring(state, accountId, keyring);
  for (const { held, summary } of there) held.summary = summary;
}

function markRead(
  state: MemoryState,
  accountId: AccountId,
  ids: readonly EntryId[],
  readAt: number,
  receipts: ReadonlyMap<EntryId, Uint8Array> = new Map(),
): void {
  const { account, entries } = state.mailbox(accountId);
  for (const id of ids) {
    const held = entries.get(id);
    if (held === undefined || held.readAt !== null) continue;
    held.readAt = readAt;
    held.expiresAt = null;
    noteChange(state.mailbox(accountId), held);
    const { message, bouncedAt } = held;
    if (bouncedAt !== null) continue;
    giveReceipt(state, message, account.name, receipts.get(id));
    if (message.readersLeft === null) continue;
    message.wasRead = true;
    remove(state.mailbox(accountId), held);
  }
}

function giveReceipt(
  state: MemoryState,
  message: Message,
  reader: AccountName,
  receipt: Uint8Array | undefined,
): void {
  const delivery = message.deliveries.find(({ recipient }) => recipient === reader);
  if (delivery === undefined || delivery.receipt !== null || receipt === undefined) return;
  delivery.receipt = receipt;
  noteOwnChange(message);
  if (message.sender !== null) state.watchers.tell([message.sender.account.id]);
}

function deleteEntries(
  state: MemoryState,
  accountId: AccountId,
  ids: readonly EntryId[],
  versions?: readonly number[],
): EntryId[] {
  const { entries } = state.mailbox(accountId);
  const isAsKnown = (id: EntryId, at: number) => {
    const entry = entries.get(id);
    return entry !== undefined && entry.filing.version === versions![at] && !waits(entry);
  };
  const meant = [...new Set(versions === undefined ? ids : ids.filter(isAsKnown))];
  const missing = meant.filter((id) => !entries.has(id));
  const found = meant.flatMap((id) => entries.get(id) ?? []);
  requireDeletable({ missing, held: found.filter(waits).map(({ id }) => id) });
  for (const entry of found) remove(state.mailbox(accountId), entry);
  return meant;
}

function waits({ box, message }: StoredEntry): boolean {
  return box === "sent" && message.held !== null;
}

function matches(held: StoredEntry, { unread, from, before, since }: ListQuery): boolean {
  return (!unread || held.readAt === null) &&
    (from === null || senderOf(held) === from) &&
    (before === null || held.id < before) &&
    (since === null || storedAt(held) >= since);
}

/** An entry as lists have it. */
export function listed(held: StoredEntry): Entry {
  return held.summary === null ? whole(held) : { ...whole(held), envelope: null };
}

function whole(held: StoredEntry): Entry {
  const { id, box, message, copy, readAt, summary, filing } = held;
  const deliveries: readonly Delivery[] = box === "sent" ? message.deliveries : [];
  return structuredClone({
    id,
    box,
    from: senderOf(held),
    storedAt: storedAt(held),
    readAt,
    sealedBytes: sealedBytesOf(held),
    envelopeDigest: copy.envelopeDigest,
    summary,
    envelope: copy.envelope,
    deliveries,
    ...(box === "sent" ? heldState(message) : notHeld),
    expiresAt: held.expiresAt,
    burn: message.readersLeft !== null && held.bouncedAt === null,
    filing,
  });
}

const notHeld: HeldState = { heldUntil: null, cancelledAt: null };

export function heldState({ held, cancelledAt }: Message): HeldState {
  return { heldUntil: held?.deliverAt ?? null, cancelledAt };
}
