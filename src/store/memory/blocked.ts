/** Senders whose mail an account does not want, in the memory store. */
import type { AccountId } from "../../model/ids.ts";
import { compareNames } from "../../model/pattern.ts";
import type { BlockStore, StoredBlock } from "../block_store.ts";
import { requireBlocked, requireRoomToBlock } from "../rules/blocking.ts";
import type { StoredMailbox } from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function blockStore(state: MemoryState): BlockStore {
  return { ...part(state, { blocked }), ...changes(state, { block, unblock }) };
}

/** Tells whether an account has blocked any of these. */
export function blocks({ blocked }: StoredMailbox, addresses: readonly string[]): boolean {
  return addresses.some((address) => blocked.has(address));
}

function block(
  state: MemoryState,
  accountId: AccountId,
  addresses: readonly string[],
  blockedAt: number,
): void {
  const mailbox = state.mailbox(accountId);
  const added = addresses.filter((address) => !mailbox.blocked.has(address));
  const all = new Map([...mailbox.blocked, ...added.map((each) => [each, blockedAt] as const)]);
  requireRoomToBlock(all.size);
  mailbox.blocked = all;
}

function unblock(state: MemoryState, accountId: AccountId, addresses: readonly string[]): void {
  const mailbox = state.mailbox(accountId);
  const ended = new Set(addresses);
  requireBlocked([...ended].filter((address) => !mailbox.blocked.has(address)));
  mailbox.blocked = new Map([...mailbox.blocked].filter(([address]) => !ended.has(address)));
}

function blocked(state: MemoryState, accountId: AccountId): StoredBlock[] {
  return [...state.mailbox(accountId).blocked]
    .map(([address, blockedAt]) => ({ address, blockedAt }))
    .sort((a, b) => compareNames(a.address, b.address));
}
