/** Outlines of messages, in the memory store. */
import type { AccountId, EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { EntryOutline, OutlineStore } from "../outline_store.ts";
import { sealedBytesOf } from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function outlineStore(state: MemoryState): OutlineStore {
  return { ...part(state, { outlines }), ...changes(state, { saveOutlines }) };
}

function outlines(
  state: MemoryState,
  accountId: AccountId,
  ids: readonly EntryId[],
): (Uint8Array | null)[] {
  const { entries } = state.mailbox(accountId);
  return ids.map((id) => entries.get(id)?.outline?.slice() ?? null);
}

function saveOutlines(
  state: MemoryState,
  accountId: AccountId,
  outlines: readonly EntryOutline[],
): void {
  const { entries } = state.mailbox(accountId);
  for (const { id, sealed } of outlines) {
    const held = entries.get(id);
    if (held === undefined || !held.hasBody) continue;
    if (sealed.length <= sealedBytesOf(held) + limits.outlineMarginBytes) held.outline = sealed;
  }
}
