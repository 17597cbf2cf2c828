/** Passwords, second ways in and keys, in the memory store. */
import type { AccountName } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import type { Account } from "../account_store.ts";
import type {
  AccountChange,
  CredentialStore,
  DeviceChange,
  KeysChange,
  RecoveryChange,
  StoredLine,
  StoredPassword,
  StoredRecovery,
} from "../credential_store.ts";
import { carryDevices } from "./devices.ts";
import { part } from "./part.ts";
import { type MemoryState, raiseEpoch } from "./state.ts";

export function credentialStore(state: MemoryState): CredentialStore {
  return part(state, {
    replacePassword,
    replaceRecovery,
    findRecovery,
    recover,
    replaceKeys,
    replaceSealedKeys,
    findLines,
  });
}

function replacePassword(
  state: MemoryState,
  { accountId, expectedSealedKeys, devices, ...password }:
    & AccountChange
    & DeviceChange
    & StoredPassword,
): boolean {
  const mailbox = state.expected({ accountId, expectedSealedKeys });
  if (mailbox === null) return false;
  carryDevices(mailbox, devices);
  mailbox.account = { ...mailbox.account, ...password };
  raiseEpoch(mailbox);
  return true;
}

function replaceRecovery(
  state: MemoryState,
  { recovery, ...expected }: AccountChange & { recovery: StoredRecovery | null },
): boolean {
  const mailbox = state.expected(expected);
  if (mailbox === null) return false;
  mailbox.recovery = recovery;
  return true;
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
  { keys, sealedKeys, succession, devices, ...expected }: KeysChange,
): { recoveryEnded: boolean } | null {
  const mailbox = state.expected(expected);
  if (mailbox === null) return null;
  carryDevices(mailbox, devices);
  const { signingKey, recipient } = mailbox.account.keys;
  const steps = [...mailbox.steps, { signingKey, recipient, ...succession }];
  mailbox.steps = steps.slice(-limits.maxSuccessions);
  mailbox.account = { ...mailbox.account, keys, sealedKeys };
  raiseEpoch(mailbox);
  const recoveryEnded = mailbox.recovery !== null;
  mailbox.recovery = null;
  return { recoveryEnded };
}

function replaceSealedKeys(
  state: MemoryState,
  { sealedKeys, devices, ...expected }: AccountChange & DeviceChange & { sealedKeys: Uint8Array },
): { recoveryEnded: boolean } | null {
  const mailbox = state.expected(expected);
  if (mailbox === null) return null;
  carryDevices(mailbox, devices);
  mailbox.account = { ...mailbox.account, sealedKeys };
  raiseEpoch(mailbox);
  const recoveryEnded = mailbox.recovery !== null;
  mailbox.recovery = null;
  return { recoveryEnded };
}

function findLines(state: MemoryState, names: readonly AccountName[]): (StoredLine | null)[] {
  return names.map((name) => {
    const { account, steps } = state.named(name) ?? {};
    return account && steps ? structuredClone({ keys: account.keys, steps }) : null;
  });
}
