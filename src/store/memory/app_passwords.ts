/** Application passwords, in the memory store. */
import type { AccountId } from "../../model/ids.ts";
import { compareNames } from "../../model/pattern.ts";
import type { AppPassword, AppPasswordStore, NewAppPassword } from "../app_password_store.ts";
import type { AccountChange } from "../credential_store.ts";
import { requireRoomForAppPassword } from "../rules/labels.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function appPasswordStore(state: MemoryState): AppPasswordStore {
  return {
    ...part(state, { appPasswords }),
    ...changes(state, { addAppPassword, removeAppPassword, noteAppPasswordUse }),
  };
}

function addAppPassword(
  state: MemoryState,
  { accountId, ...added }: AccountChange & NewAppPassword,
): void {
  const mailbox = state.mailbox(accountId);
  const there = mailbox.appPasswords;
  requireRoomForAppPassword(there, added.label);
  mailbox.appPasswords = [...there, { ...structuredClone(added), usedAt: null }]
    .sort((a, b) => compareNames(a.label, b.label));
}

function appPasswords(state: MemoryState, accountId: AccountId): AppPassword[] {
  return structuredClone([...state.mailboxes[accountId - 1]?.appPasswords ?? []]);
}

function removeAppPassword(state: MemoryState, accountId: AccountId, label: string): boolean {
  const mailbox = state.mailbox(accountId);
  const before = mailbox.appPasswords.length;
  mailbox.appPasswords = mailbox.appPasswords.filter((one) => one.label !== label);
  return mailbox.appPasswords.length < before;
}

function noteAppPasswordUse(
  state: MemoryState,
  accountId: AccountId,
  label: string,
  usedAt: number,
): void {
  const mailbox = state.mailbox(accountId);
  mailbox.appPasswords = mailbox.appPasswords.map((one) =>
    one.label === label ? { ...one, usedAt } : one
  );
}
