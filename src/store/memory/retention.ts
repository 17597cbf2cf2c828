/** Mail that is kept for a time only, in the memory store. */
import { type AccountId, type EntryId, entryId } from "../../model/ids.ts";
import type { Retention, RetentionNotice } from "../../model/retention.ts";
import type { Quota } from "../administration_store.ts";
import type { RetentionStore } from "../retention_store.ts";
import { noTag } from "../rules/repeats.ts";
import { goesAt, isTooSoon, retentionTimes } from "../rules/retention.ts";
import { addEntry, storedAt, type StoredEntry, type StoredMailbox } from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import { nothing, removeEntries } from "./return_to_sender.ts";
import type { MemoryState } from "./state.ts";

export function retentionStore(state: MemoryState): RetentionStore {
  return { ...part(state, { retentionNotices }), ...changes(state, { retain }) };
}

/** An entry and its age: the highest time of storing up to it. */
interface Aged {
  readonly held: StoredEntry;
  readonly latest: number;
}

function retain(
  state: MemoryState,
  retention: Retention,
  now: number,
  _after: number,
  quota?: Quota,
): null {
  for (const mailbox of state.open()) {
    state.watchers.tell(retainOne(mailbox, retention, now, quota));
  }
  return null;
}

function retentionNotices(
  state: MemoryState,
  accountId: AccountId,
  ids: readonly EntryId[],
): RetentionNotice[] {
  const { entries, retentionNotices } = state.mailbox(accountId);
  return ids.flatMap((id) => retentionNotices.filter((one) => one.id === id && entries.has(id)))
    .map(({ lastId: _, ...retentionNotice }) => retentionNotice);
}

/** Takes out what is due, announces what comes next, and returns the accounts that got something. */
function retainOne(
  mailbox: StoredMailbox,
  retention: Retention,
  now: number,
  quota: Quota | undefined,
): AccountId[] {
  const times = retentionTimes(retention, now);
  const { storedBy, announcedFor, lapsedBy } = times;
  const lapsed = { inbox: lapsedBy, sent: times.lapsedForSent };
  const holding = mailbox.retentionNotices.filter(({ at, goesAt }) =>
    at <= now && goesAt > lapsedBy
  );
  const told = new Set<AccountId>();
  for (const { held, latest } of aged(mailbox)) {
    const until = storedBy[held.box];
    const isDue = announces(mailbox, held) ? storedAt(held) <= until : latest <= until &&
      holding.some(({ goesAt, lastId }) =>
        goesAt <= announcedFor[held.box] && goesAt > lapsed[held.box] && held.id <= lastId
      );
    if (!isDue || isSpared(held, until)) continue;
    removeEntries(mailbox, held, { reason: "not_kept", at: now, quota });
    const { sender } = held.message;
    if (sender !== null) told.add(sender.account.id);
  }
  if (announce(mailbox, retention, now, holding)) told.add(mailbox.account.id);
  mailbox.retentionNotices = mailbox.retentionNotices.filter(({ id, goesAt }) =>
    goesAt > lapsedBy || mailbox.entries.has(id)
  );
  return [...told];
}

/** An own copy outlives the wait, and is as old as what its recipients got. */
function isSpared({ box, message }: StoredEntry, until: number): boolean {
  return box === "sent" && (message.held !== null || (message.releasedAt ?? 0) > until);
}

function aged({ entries }: StoredMailbox): Aged[] {
  let latest = 0;
  return [...entries.values()].map((held) => {
    latest = Math.max(latest, storedAt(held));
    return { held, latest };
  });
}

function announces({ retentionNotices }: StoredMailbox, { id }: StoredEntry): boolean {
  return retentionNotices.some((one) => one.id === id);
}

function announce(
  mailbox: StoredMailbox,
  retention: Retention,
  now: number,
  holding: StoredMailbox["retentionNotices"],
): boolean {
  const toldAt = holding.length === 0 ? null : Math.max(...holding.map(({ at }) => at));
  if (isTooSoon(retention, toldAt, now)) return false;
  const before = Math.max(0, ...holding.map(({ lastId }) => lastId));
  const { announcedBy } = retentionTimes(retention, now);
  const old = aged(mailbox).filter(({ latest }) => latest <= announcedBy);
  const untold = old.filter(({ held }) => held.id > before && !announces(mailbox, held));
  const going = untold.filter(({ held }) => !isSpared(held, announcedBy)); // else it would be told over and over
  const [first] = going;
  if (first === undefined) return false;
  const id = addAnnouncement(mailbox, now);
  const firsts = (["inbox", "sent"] as const).flatMap((box) =>
    going.find(({ held }) => held.box === box) ?? []
  );
  const retentionNotice = {
    id,
    messages: untold.length,
    oldest: Math.min(...firsts.map(({ held }) => storedAt(held))),
    at: now,
    goesAt: goesAt(retention, first.latest, now),
    lastId: old.at(-1)!.held.id,
  };
  mailbox.retentionNotices = [...mailbox.retentionNotices, retentionNotice];
  return true;
}

function addAnnouncement(mailbox: StoredMailbox, now: number): EntryId {
  const message = {
    sender: mailbox,
    tag: noTag,
    firstId: entryId(0),
    storedAt: now,
    body: [],
    deliveries: [],
    bounced: [],
    held: null,
    cancelledAt: null,
    readersLeft: null,
  };
  return addEntry(mailbox, { box: "inbox", message, copy: nothing, readAt: null, bouncedAt: now });
}
