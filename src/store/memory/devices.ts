/** Devices, in the memory store. */
import { equalBytes } from "../../model/bytes.ts";
import type { LoginKey } from "../../model/digests.ts";
import type { AccountId } from "../../model/ids.ts";
import { compareNames } from "../../model/pattern.ts";
import type { Device, DeviceStore, NewDevice } from "../device_store.ts";
import type { AccountChange, DeviceSecrets } from "../credential_store.ts";
import { requireRoomForDevice } from "../rules/labels.ts";
import type { StoredMailbox } from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function deviceStore(state: MemoryState): DeviceStore {
  return {
    ...part(state, { findDevice, devices }),
    ...changes(state, { addDevice, removeDevice, noteDeviceUse }),
  };
}

function addDevice(
  state: MemoryState,
  { accountId, replaces, ...added }:
    & AccountChange
    & NewDevice
    & { readonly replaces: LoginKey | null },
): void {
  const mailbox = state.mailbox(accountId);
  const there = mailbox.devices.filter(({ key, expiresAt }) =>
    !(replaces !== null && equalBytes(key, replaces)) && (expiresAt ?? Infinity) > added.createdAt
  );
  requireRoomForDevice(there, added.label);
  mailbox.devices = [...there, { ...structuredClone(added), usedAt: null }]
    .sort((a, b) => compareNames(a.label, b.label));
}

function findDevice(state: MemoryState, accountId: AccountId, wanted: LoginKey): Device | null {
  const there = state.mailboxes[accountId - 1]?.devices ?? [];
  return structuredClone(there.find(({ key }) => equalBytes(key, wanted)) ?? null);
}

function devices(state: MemoryState, accountId: AccountId): Device[] {
  return structuredClone([...state.mailbox(accountId).devices]);
}

function removeDevice(state: MemoryState, accountId: AccountId, gone: string): boolean {
  const mailbox = state.mailbox(accountId);
  const before = mailbox.devices.length;
  mailbox.devices = mailbox.devices.filter(({ label }) => label !== gone);
  return mailbox.devices.length < before;
}

function noteDeviceUse(
  state: MemoryState,
  accountId: AccountId,
  key: LoginKey,
  usedAt: number,
): void {
  const mailbox = state.mailbox(accountId);
  mailbox.devices = mailbox.devices.map((one) =>
    equalBytes(one.key, key) ? { ...one, usedAt } : one
  );
}

/** Gives devices what was sealed anew for them, and ends the others. */
export function carryDevices(mailbox: StoredMailbox, carried: readonly DeviceSecrets[]): void {
  mailbox.devices = mailbox.devices.flatMap((device) => {
    const next = carried.find(({ key }) => equalBytes(key, device.key));
    return next === undefined ? [] : [{ ...device, ...next }];
  });
}
