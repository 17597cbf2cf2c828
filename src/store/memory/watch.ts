/** What came into an inbox, and who is told of it, in the memory store. */
import type { Entry } from "../mailbox_store.ts";
import type { StoredNewMailQuery, WatchStore } from "../watch_store.ts";
import { listed } from "./mailbox.ts";
import { part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function watchStore(state: MemoryState): WatchStore {
  return {
    ...part(state, { newMail }),
    watch: (accountId, listener) => state.watchers.add(accountId, listener),
    watchChanges: (accountId, listener) => state.changeWatchers.add(accountId, listener),
  };
}

function newMail(
  state: MemoryState,
  { accountId, after, limit, unread }: StoredNewMailQuery,
): Entry[] {
  return [...state.mailbox(accountId).entries.values()]
    .filter(({ id, box, readAt, filing }) =>
      box === "inbox" && id > after && !filing.aside && !(unread && readAt !== null)
    )
    .slice(0, limit)
    .map(listed);
}
