/** Invites, in the memory store. */
import type { AccountId } from "../../model/ids.ts";
import type { NewAccount } from "../account_store.ts";
import { noSuchInvite, notInvited } from "../failures.ts";
import type { InviteStore, InviteUse, KeptInvite, NewInvite } from "../invite_store.ts";
import { createAccount } from "./accounts.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function inviteStore(state: MemoryState): InviteStore {
  return {
    ...part(state, { invites, findInvite }),
    ...changes(state, { addInvite, revokeInvites, createInvitedAccount }),
  };
}

function addInvite(state: MemoryState, invite: NewInvite, now: number): number {
  for (const [key, { expiresAt }] of state.invites) {
    if (expiresAt <= now) state.invites.delete(key);
  }
  const kept = { ...structuredClone(invite), createdAt: now };
  state.invites.set(invite.tokenHash.toHex(), kept);
  return invite.expiresAt;
}

function invites(
  state: MemoryState,
  { now, after, limit }: Parameters<InviteStore["invites"]>[0],
): KeptInvite[] {
  return [...state.invites].toSorted(([a], [b]) => a < b ? -1 : 1)
    .filter(([key, { expiresAt }]) => key > (after?.toHex() ?? "") && expiresAt > now)
    .slice(0, limit)
    .map(([, invite]) => structuredClone(invite));
}

function revokeInvites(state: MemoryState, ids: readonly Uint8Array[]): void {
  const begun = (id: Uint8Array) =>
    [...state.invites.keys()].filter((key) => key.startsWith(id.toHex()));
  const missing = ids.filter((id) => begun(id).length === 0);
  if (missing.length > 0) throw noSuchInvite(missing);
  for (const key of ids.flatMap(begun)) state.invites.delete(key);
}

function findInvite(
  state: MemoryState,
  use: InviteUse,
): { readonly provisioning: boolean } | null {
  const invite = usable(state, use);
  return invite === null ? null : { provisioning: invite.provisioning };
}

function createInvitedAccount(
  state: MemoryState,
  account: NewAccount,
  use: InviteUse,
): AccountId {
  const invite = usable(state, use);
  if (invite === null) throw notInvited();
  const key = use.tokenHash.toHex();
  state.invites.set(key, { ...invite, uses: invite.uses - 1 });
  if (invite.uses === 1) state.invites.delete(key);
  try {
    const id = createAccount(state, account);
    state.mailboxes.at(-1)!.quota.maxBytes = invite.maxBytes;
    return id;
  } catch (error) {
    state.invites.set(key, invite);
    throw error;
  }
}

function usable(state: MemoryState, { tokenHash, now }: InviteUse): KeptInvite | null {
  const invite = state.invites.get(tokenHash.toHex());
  return invite !== undefined && invite.expiresAt > now ? invite : null;
}
