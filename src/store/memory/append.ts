/** Messages that an account puts into its own mailbox, in the memory store. */
import type { IdempotencyKey } from "../../model/digests.ts";
import { type AccountId, type EntryId, entryId } from "../../model/ids.ts";
import type { AppendStore, NewAppend } from "../append_store.ts";
import { accountClosed, noRoomToImport } from "../failures.ts";
import { appendedReadAt } from "../rules/entries.ts";
import { noTag } from "../rules/repeats.ts";
import { bodyBytes, takeBody } from "./bodies.ts";
import {
  addEntry,
  isFullFor,
  type Message,
  messageKey,
  noteChange,
  type StoredMailbox,
} from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function appendStore(state: MemoryState): AppendStore {
  return { ...part(state, { findAppended }), ...changes(state, { append }) };
}

function append(
  state: MemoryState,
  message: NewAppend,
): { id: EntryId; repeated: boolean } {
  const { accountId, idempotencyKey, box, storedAt, copy, filing, quota } = message;
  const sender = state.mailbox(accountId);
  if (sender.closedAt !== null) throw accountClosed();
  const there = appended(state, sender, idempotencyKey);
  if (there !== null) return { id: there, repeated: true };
  const more = { senderId: accountId, bodyBytes: bodyBytes(state, message.body), copies: [copy] };
  const whole = { ...more, bodyBytes: more.bodyBytes + (filing?.sealed.length ?? 0) };
  if (isFullFor(sender, whole, quota)) throw noRoomToImport();
  const held: Message = {
    sender,
    tag: noTag,
    firstId: entryId(sender.nextEntry),
    storedAt,
    body: takeBody(state, { senderId: accountId, body: message.body }),
    deliveries: [],
    bounced: [],
    held: null,
    cancelledAt: null,
    readersLeft: null,
  };
  state.messages.set(messageKey(accountId, idempotencyKey), held);
  const readAt = appendedReadAt(message);
  const id = addEntry(sender, { box, message: held, copy, readAt });
  if (filing !== null) noteChange(sender, sender.entries.get(id)!, { ...filing, version: 1 });
  return { id, repeated: false };
}

function findAppended(
  state: MemoryState,
  accountId: AccountId,
  keys: readonly IdempotencyKey[],
): (EntryId | null)[] {
  const mailbox = state.mailbox(accountId);
  return keys.map((key) => appended(state, mailbox, key));
}

function appended(
  state: MemoryState,
  { account, entries }: StoredMailbox,
  key: IdempotencyKey,
): EntryId | null {
  const id = state.messages.get(messageKey(account.id, key))?.firstId;
  return id !== undefined && entries.has(id) ? id : null;
}
