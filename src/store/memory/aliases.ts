/** Aliases, in the memory store. */
import type { AccountName } from "../../model/address.ts";
import { compareNames } from "../../model/pattern.ts";
import type { AliasStore, NewAlias, StoredAlias } from "../alias_store.ts";
import { nameTaken, noSuchAlias } from "../failures.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function aliasStore(state: MemoryState): AliasStore {
  return {
    ...part(state, { aliases, findAliases }),
    ...changes(state, { addAlias, removeAliases }),
  };
}

function addAlias(state: MemoryState, { name, skeleton, account }: NewAlias): boolean {
  const mailbox = state.named(account);
  if (mailbox === undefined) return false;
  if (state.aliases.get(name)?.mailbox === mailbox) return true;
  if (state.isTaken({ name, skeleton })) throw nameTaken(name);
  state.aliases.set(name, { skeleton, mailbox });
  return true;
}

function aliases(
  state: MemoryState,
  { after, limit }: Parameters<AliasStore["aliases"]>[0],
): StoredAlias[] {
  return [...state.aliases]
    .map(([name, { mailbox }]) => ({ name, account: mailbox.account.name }))
    .filter(({ name }) => after === null || compareNames(name, after) > 0)
    .sort((a, b) => compareNames(a.name, b.name))
    .slice(0, limit);
}

function removeAliases(state: MemoryState, names: readonly AccountName[]): void {
  const missing = names.filter((name, at) => !state.aliases.has(name) || names.indexOf(name) < at);
  if (missing.length > 0) throw noSuchAlias(missing);
  for (const name of names) state.aliases.delete(name);
}

function findAliases(state: MemoryState, names: readonly AccountName[]): (AccountName | null)[] {
  return names.map((name) => state.aliases.get(name)?.mailbox.account.name ?? null);
}
