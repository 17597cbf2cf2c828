/** Accounts, in the memory store. */
import type { AccountName } from "../../model/address.ts";
import { type AccountId, accountId } from "../../model/ids.ts";
import type {
  Account,
  AccountStore,
  KeyringUpdate,
  NewAccount,
  StoredKeyring,
  StoredKeys,
} from "../account_store.ts";
import { keyringChanged, nameTaken } from "../failures.ts";
import { changes, part } from "./part.ts";
import { type MemoryState, raiseEpoch } from "./state.ts";

const noFolders = { version: 0, sealed: null };

export function accountStore(state: MemoryState): AccountStore {
  return {
    ...part(state, { findAccount, wasAccount, findKeys, keyring }),
    ...changes(state, { createAccount, replaceKeyring, closeAccount }),
  };
}

export function createAccount(state: MemoryState, account: NewAccount): AccountId {
  if (state.isTaken(account)) throw nameTaken(account.name);
  const id = accountId(state.mailboxes.length + 1);
  const kept = { ...structuredClone(account), id, epoch: 1, disabledAt: null };
  const keyring = { version: 0, sealed: null, restoredAt: 0 };
  state.mailboxes.push({
    account: kept,
    recovery: null,
    appPasswords: [],
    devices: [],
    blocked: new Map(),
    steps: [],
    keyring,
    quota: { maxBytes: null, maxMessages: null },
    nextEntry: 1,
    modseq: 0,
    gone: [],
    folders: noFolders,
    onChange: () => state.changeWatchers.tell([id]),
    entries: new Map(),
    closedAt: null,
    retentionNotices: [],
  });
  return id;
}

function findAccount(state: MemoryState, name: AccountName): Account | null {
  return structuredClone(state.named(name)?.account ?? null);
}

function wasAccount(state: MemoryState, name: AccountName): boolean {
  return state.mailboxes.some(({ account, closedAt }) =>
    account.name === name && closedAt !== null
  );
}

function findKeys(state: MemoryState, names: readonly AccountName[]): (StoredKeys | null)[] {
  return names.map((name) => structuredClone(state.named(name)?.account.keys ?? null));
}

function keyring(
  state: MemoryState,
  accountId: AccountId,
): StoredKeyring {
  return structuredClone(state.mailbox(accountId).keyring);
}

export function replaceKeyring(
  state: MemoryState,
  accountId: AccountId,
  { expectedVersion, version, sealed }: KeyringUpdate,
): void {
  const mailbox = state.mailbox(accountId);
  if (mailbox.keyring.version !== expectedVersion) throw keyringChanged();
  mailbox.keyring = { version, sealed, restoredAt: 0 };
}

function closeAccount(state: MemoryState, accountId: AccountId, closedAt: number): void {
  const mailbox = state.mailbox(accountId);
  if (mailbox.closedAt !== null) return;
  mailbox.closedAt = closedAt;
  for (const [key, request] of state.requests) {
    if (request.account === mailbox.account.name) state.requests.delete(key);
  }
  raiseEpoch(mailbox);
  mailbox.keyring = { version: 0, sealed: null, restoredAt: 0 };
  mailbox.folders = noFolders;
  mailbox.gone = [];
  mailbox.recovery = null;
  mailbox.appPasswords = [];
  mailbox.devices = [];
  mailbox.blocked = new Map();
  mailbox.steps = [];
  mailbox.retentionNotices = [];
  for (const [name, alias] of state.aliases) {
    if (alias.mailbox === mailbox) state.aliases.delete(name);
  }
  for (const message of state.messages.values()) {
    if (message.sender === mailbox) message.held = null;
  }
  for (const [id, upload] of state.uploads) {
    if (upload.accountId === accountId) state.uploads.delete(id);
  }
}
