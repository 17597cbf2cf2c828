/** Passwords, second ways in and keys, in the memory store. */
import type { AccountName } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import type { Account } from "../account_store.ts";
import type {
  AccountChange,
  ChangedKeys,
  CredentialStore,
  DeviceChange,
  KeysChange,
  RecoveryChange,
  SealedKeysChange,
  StoredLine,
  StoredPassword,
  StoredRecovery,
} from "../credential_store.ts";
import { carryDevices } from "./devices.ts";
import type { StoredMailbox } from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import { type MemoryState, raiseEpoch } from "./state.ts";

export function credentialStore(state: MemoryState): CredentialStore {
  return {
    ...part(state, { findRecovery, findLines }),
    ...changes(state, {
      replacePassword,
      replaceRecovery,
      recover,
      replaceKeys,
      replaceSealedKeys,
    }),
  };
}

function replacePassword(
  state: MemoryState,
  { accountId, devices, ...password }: AccountChange & DeviceChange & StoredPassword,
): number {
  const mailbox = state.mailbox(accountId);
  carryDevices(mailbox, devices);
  mailbox.account = { ...mailbox.account, ...password };
  return raiseEpoch(mailbox);
}

function replaceRecovery(
  state: MemoryState,
  { accountId, recovery }: AccountChange & { recovery: StoredRecovery | null },
): void {
  state.mailbox(accountId).recovery = recovery;
}

function findRecovery(
  state: MemoryState,
  name: AccountName,
): { account: Account; recovery: StoredRecovery } | null {
  const { account, recovery } = state.named(name) ?? {};
  return account && recovery ? structuredClone({ account, recovery }) : null;
}

function recover(
  state: MemoryState,
  { accountId, recoveryKey, ...password }: RecoveryChange,
): boolean {
  const mailbox = state.mailbox(accountId);
  if (mailbox.recovery === null || !equalBytes(mailbox.recovery.key, recoveryKey)) return false;
  mailbox.recovery = null;
  mailbox.appPasswords = [];
  mailbox.devices = [];
  mailbox.account = { ...mailbox.account, ...password };
  raiseEpoch(mailbox);
  return true;
}

function replaceKeys(
  state: MemoryState,
  { accountId, keys, sealedKeys, succession, devices }: KeysChange,
): ChangedKeys {
  const mailbox = state.mailbox(accountId);
  carryDevices(mailbox, devices);
  const { signingKey, recipient } = mailbox.account.keys;
  const steps = [...mailbox.steps, { signingKey, recipient, ...succession }];
  mailbox.steps = steps.slice(-limits.maxSuccessions);
  mailbox.account = { ...mailbox.account, keys, sealedKeys };
  return { epoch: raiseEpoch(mailbox), recoveryEnded: dropRecovery(mailbox) };
}

function replaceSealedKeys(
  state: MemoryState,
  { accountId, sealedKeys, devices }: SealedKeysChange,
): ChangedKeys {
  const mailbox = state.mailbox(accountId);
  carryDevices(mailbox, devices);
  mailbox.account = { ...mailbox.account, sealedKeys };
  return { epoch: raiseEpoch(mailbox), recoveryEnded: dropRecovery(mailbox) };
}

/** Returns whether there was one. */
function dropRecovery(mailbox: StoredMailbox): boolean {
  const wasThere = mailbox.recovery !== null;
  mailbox.recovery = null;
  return wasThere;
}

function findLines(state: MemoryState, names: readonly AccountName[]): (StoredLine | null)[] {
  return names.map((name) => {
    const { account, steps } = state.named(name) ?? {};
    return account && steps ? structuredClone({ keys: account.keys, steps }) : null;
  });
}
