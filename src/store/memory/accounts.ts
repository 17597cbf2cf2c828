/** Accounts, in the memory store. */
import type { AccountName } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { KeyringTag } from "../../model/digests.ts";
import { type AccountId, accountId } from "../../model/ids.ts";
import { bytesOf, tagOf } from "../../model/keyring.ts";
import type {
  Account,
  AccountStore,
  KeyringUpdate,
  NewAccount,
  StoredKeyring,
  StoredKeys,
} from "../account_store.ts";
import { nameTaken } from "../failures.ts";
import { requireNewest, requireRoomForPart } from "../rules/keyring.ts";
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
  state.mailboxes.push({
    account: kept,
    recovery: null,
    appPasswords: [],
    devices: [],
    blocked: new Map(),
    steps: [],
    keyring: [],
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
  known: KeyringTag | null = null,
): StoredKeyring {
  const parts = structuredClone(state.mailbox(accountId).keyring);
  const at = known === null ? -1 : parts.findIndex((part) => equalBytes(tagOf(part), known));
  return { isWhole: at < 0, parts: parts.slice(at + 1), restoredAt: 0 };
}

export function replaceKeyring(
  state: MemoryState,
  accountId: AccountId,
  update: KeyringUpdate,
): void {
  const mailbox = state.mailbox(accountId);
  const { version, sealed, after } = update;
  const newest = mailbox.keyring.at(-1);
  requireNewest(update, newest && { version: newest.version, tag: tagOf(newest) });
  const parts = [...after === null ? [] : mailbox.keyring, { version, sealed }];
  requireRoomForPart({ bytes: bytesOf(parts), count: parts.length });
  mailbox.keyring = parts;
}

function closeAccount(state: MemoryState, accountId: AccountId, closedAt: number): void {
  const mailbox = state.mailbox(accountId);
  if (mailbox.closedAt !== null) return;
  mailbox.closedAt = closedAt;
  for (const [key, request] of state.requests) {
    if (request.account === mailbox.account.name) state.requests.delete(key);
  }
  raiseEpoch(mailbox);
  mailbox.keyring = [];
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
