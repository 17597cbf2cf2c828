/** Messages that did not reach a recipient, in the memory store. */
import type { AccountId, EntryId } from "../../model/ids.ts";
import type { Quota } from "../administration_store.ts";
import type { Bounce, BounceStore } from "../bounce_store.ts";
import { changes, part } from "./part.ts";
import { forgetRequests } from "./requests.ts";
import { removeEntries } from "./return_to_sender.ts";
import type { MemoryState } from "./state.ts";

export function bounceStore(state: MemoryState): BounceStore {
  return { ...part(state, { bounced }), ...changes(state, { expireDue }) };
}

function bounced(
  state: MemoryState,
  accountId: AccountId,
  ids: readonly EntryId[],
): Bounce[] {
  const { entries } = state.mailbox(accountId);
  return ids.flatMap((id) => {
    const held = entries.get(id);
    if (held === undefined || held.box === "inbox" && held.bouncedAt === null) return [];
    return held.message.bounced.filter((one) => held.box === "sent" || one.id === id)
      .map(({ recipient, reason, at }) => {
        return { id, recipient, reason, at, original: held.message.firstId };
      });
  });
}

function expireDue(
  state: MemoryState,
  accountId: AccountId | null,
  now: number,
  quota?: Quota,
): boolean {
  const told = new Set<AccountId>();
  for (const mailbox of state.mailboxes) {
    const isOwn = accountId === null || mailbox.account.id === accountId;
    for (const held of mailbox.entries.values()) {
      const isExpired = isOwn && (held.expiresAt ?? Infinity) <= now;
      if (!isExpired && (accountId !== null || mailbox.closedAt === null)) continue;
      const reason = isExpired ? "expired" : "account_deleted";
      removeEntries(mailbox, held, { reason, at: now, quota });
      const { sender } = held.message;
      if (sender !== null) told.add(sender.account.id);
    }
  }
  state.watchers.tell([...told]);
  if (accountId === null) forgetRequests(state, now);
  return false;
}
