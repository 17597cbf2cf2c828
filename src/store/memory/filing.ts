/** How entries are filed and copied, and the feed of what changed, in the memory store. */
import { equalBytes } from "../../model/bytes.ts";
import type { AccountId, EntryId } from "../../model/ids.ts";
import type { Quota } from "../administration_store.ts";
import { noRoomToFile } from "../failures.ts";
import type {
  Changes,
  ChangesQuery,
  FiledEntry,
  FilingAnswer,
  FilingStore,
  FoldersUpdate,
  NewCopy,
  NewFiling,
  StoredFolders,
} from "../filing_store.ts";
import {
  fateOfFiling,
  growthOf,
  isTooLongAgo,
  requireCopyable,
  tombstones,
} from "../rules/filings.ts";
import {
  addEntry,
  isFullWith,
  noteChange,
  sealedBytesOf,
  storedAt,
  type StoredEntry,
  type StoredMailbox,
} from "./stored_mailbox.ts";
import { changes as changing, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function filingStore(state: MemoryState): FilingStore {
  return {
    ...part(state, { filedEntries, changes, folders }),
    ...changing(state, { fileEntries, copyEntries, markUnread, replaceFolders }),
  };
}

function changes(
  state: MemoryState,
  { accountId, since, known, limit, aside }: ChangesQuery,
): Changes {
  const mailbox = state.mailbox(accountId);
  const { entries, gone, modseq: newest } = mailbox;
  const folders = mailbox.folders.version;
  const goneUntil = gone.at(-tombstones.most - 1)?.modseq ?? 0;
  if (isTooLongAgo({ since, known }, { modseq: newest, goneUntil })) {
    return { modseq: 0, newest, reset: true, entries: [], gone: [], more: true, folders };
  }
  const filed = [...entries.values()].filter(({ filing }) =>
    filing.modseq > since && (!aside || filing.aside)
  );
  const lost = gone.filter(({ modseq }) => since > 0 && modseq > Math.max(since, known));
  const counts = [...filed.map(({ filing }) => filing.modseq), ...lost.map(({ modseq }) => modseq)]
    .sort((a, b) => a - b);
  const more = counts.length >= limit;
  const modseq = more ? counts[limit - 1]! : newest;
  return {
    modseq,
    newest,
    reset: false,
    entries: filed.filter(({ filing }) => filing.modseq <= modseq)
      .sort((a, b) => a.filing.modseq - b.filing.modseq).map(filedOf),
    gone: lost.filter((one) => one.modseq <= modseq).map(({ id }) => id),
    more,
    folders,
  };
}

function filedEntries(
  state: MemoryState,
  accountId: AccountId,
  ids: readonly EntryId[],
): (FiledEntry | null)[] {
  const { entries } = state.mailbox(accountId);
  return ids.map((id) => entries.has(id) ? filedOf(entries.get(id)!) : null);
}

function filedOf(held: StoredEntry): FiledEntry {
  const { id, box, readAt, copy, filing } = held;
  return structuredClone({
    id,
    box,
    storedAt: storedAt(held),
    readAt,
    sealedBytes: sealedBytesOf(held),
    envelopeDigest: copy.envelopeDigest,
    filing,
  });
}

function fileEntries(
  state: MemoryState,
  accountId: AccountId,
  filings: readonly NewFiling[],
  quota?: Quota,
): FilingAnswer[] {
  const mailbox = state.mailbox(accountId);
  requireRoom(mailbox, filings, quota);
  return filings.map((filing) => {
    const held = mailbox.entries.get(filing.id);
    const fate = fateOf(held, filing);
    if (held === undefined) return { outcome: "gone", entry: null };
    if (fate === "filed") file(mailbox, held, filing);
    return { outcome: fate === "repeated" ? "filed" : fate, entry: filedOf(held) };
  });
}

function fateOf(held: StoredEntry | undefined, filing: NewFiling) {
  return fateOfFiling(held?.filing ?? null, filing, equalBytes);
}

/** @throws {MailError} `over_quota` */
function requireRoom(
  mailbox: StoredMailbox,
  filings: readonly NewFiling[],
  quota: Quota | undefined,
): void {
  const taken = new Map(filings.toReversed().map((filing) => [filing.id, filing])).values()
    .filter((filing) => fateOf(mailbox.entries.get(filing.id), filing) === "filed")
    .map(({ id, sealed }) => ({
      bytes: sealed.length,
      before: mailbox.entries.get(id)!.filing.sealed?.length ?? 0,
    })).toArray();
  const growth = taken.reduce((sum, { bytes, before }) => sum + growthOf(bytes, before), 0);
  const more = taken.reduce((sum, { bytes, before }) => sum + bytes - before, 0);
  const amount = { messages: 0, bytes: more, senderId: mailbox.account.id };
  if (growth > 0 && isFullWith(mailbox, amount, quota)) throw noRoomToFile();
}

function file(mailbox: StoredMailbox, held: StoredEntry, filing: NewFiling): void {
  const { expectedVersion, sealed, aside, moves } = filing;
  const place = moves ? mailbox.nextEntry++ : held.filing.place;
  noteChange(mailbox, held, { place, version: expectedVersion + 1, sealed, aside });
}

function copyEntries(
  state: MemoryState,
  accountId: AccountId,
  copies: readonly NewCopy[],
  quota?: Quota,
): (EntryId | null)[] {
  const mailbox = state.mailbox(accountId);
  const originals = copies.map(({ id }) => mailbox.entries.get(id) ?? null);
  const there = originals.filter((held) => held !== null);
  requireCopyable(there.map(({ id, box, message, bouncedAt }) => ({
    id,
    burns: message.readersLeft !== null && bouncedAt === null,
    waits: box === "sent" && message.held !== null,
    isNotice: bouncedAt !== null,
  })));
  const bytes = originals.reduce(
    (sum, held, at) => sum + (held === null ? 0 : bytesOfCopy(held, copies[at]!)),
    0,
  );
  const amount = { messages: there.length, bytes, senderId: accountId };
  if (there.length > 0 && isFullWith(mailbox, amount, quota)) throw noRoomToFile();
  return originals.map((held, at) => held === null ? null : copyOne(mailbox, held, copies[at]!));
}

function bytesOfCopy(held: StoredEntry, { sealed }: NewCopy): number {
  return sealedBytesOf(held) + held.copy.envelope.length + sealed.length;
}

function copyOne(mailbox: StoredMailbox, held: StoredEntry, copy: NewCopy): EntryId {
  const { sealed, aside } = copy;
  const id = addEntry(mailbox, { ...held, isCopy: true });
  noteChange(mailbox, mailbox.entries.get(id)!, { sealed, aside, version: 1 });
  return id;
}

function markUnread(state: MemoryState, accountId: AccountId, ids: readonly EntryId[]): void {
  const mailbox = state.mailbox(accountId);
  for (const id of ids) {
    const held = mailbox.entries.get(id);
    if (held === undefined || held.box !== "inbox" || held.readAt === null) continue;
    held.readAt = null;
    held.wasRead = true;
    noteChange(mailbox, held);
  }
}

function folders(state: MemoryState, accountId: AccountId): StoredFolders {
  return structuredClone(state.mailbox(accountId).folders);
}

function replaceFolders(
  state: MemoryState,
  accountId: AccountId,
  { expectedVersion, version, sealed }: FoldersUpdate,
): boolean {
  const mailbox = state.mailbox(accountId);
  if (mailbox.folders.version !== expectedVersion) return false;
  mailbox.folders = { version, sealed };
  mailbox.onChange();
  return true;
}
