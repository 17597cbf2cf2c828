/** Devices of accounts: the machines that a login was saved on. */
import type { AccountName } from "../model/address.ts";
import type { DeviceScope } from "../model/device.ts";
import type { LoginKey } from "../model/digests.ts";
import type { AccountId } from "../model/ids.ts";
import type { AccountChange, DeviceSecrets } from "./credential_store.ts";

export interface NewDevice extends DeviceSecrets {
  /** What its owner calls it; no two of an account have the same. */
  readonly label: string;
  readonly scope: DeviceScope;
  /** Whose mail it may read; null: everybody's. */
  readonly senders: readonly AccountName[] | null;
  readonly createdAt: number;
  /** From when on it logs in no more; null: never. */
  readonly expiresAt: number | null;
}

export interface Device extends NewDevice {
  /** When it last logged in; null: never. */
  readonly usedAt: number | null;
}

export interface DeviceStore {
  /**
   * Keeps a device, in the place of the one that it replaces where that is there, and lets go of those that had expired
   * by `createdAt`.
   * @throws {MailError} `name_taken` for its label, `too_large` where there are `limits.maxDevices`
   */
  addDevice(
    change: AccountChange & NewDevice & { readonly replaces: LoginKey | null },
  ): Promise<void>;
  /** Null where the account has no such device, and for an account that is not there. */
  findDevice(accountId: AccountId, key: LoginKey): Promise<Device | null>;
  /** By label, in the order of its code points. */
  devices(accountId: AccountId): Promise<Device[]>;
  /** Returns whether there was one of that label. */
  removeDevice(accountId: AccountId, label: string): Promise<boolean>;
  /** Notes when one was used; one that is gone is passed over. */
  noteDeviceUse(accountId: AccountId, key: LoginKey, usedAt: number): Promise<void>;
}
