/** Devices, in SQL. */
import type { LoginKey } from "../../model/digests.ts";
import type { AccountId } from "../../model/ids.ts";
import type { AccountChange } from "../credential_store.ts";
import type { Device, DeviceStore, NewDevice } from "../device_store.ts";
import { requireRoomForDevice } from "../rules/labels.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";

export const deviceJobs = { addDevice, removeDevice, noteDeviceUse };

const columns =
  `public_key AS key, label, scope, senders, sealed_keys AS sealedKeys, wrapped_key AS wrappedKey,
  created_at AS createdAt, expires_at AS expiresAt, used_at AS usedAt`;

export function deviceStore(database: Access): DeviceStore {
  return {
    ...database.writes(deviceJobs),
    devices: (accountId) => database.read(devices, accountId),
    findDevice: (accountId, key) => database.read(findDevice, accountId, key),
  };
}

/** Its senders as JSON. */
type DeviceRow = Omit<Device, "senders"> & { readonly senders: string | null };

function deviceOf({ senders, ...row }: DeviceRow): Device {
  return { ...row, senders: senders === null ? null : JSON.parse(senders) };
}

function addDevice(
  connection: SqlConnection,
  { accountId, replaces, ...added }:
    & AccountChange
    & NewDevice
    & { readonly replaces: LoginKey | null },
): void {
  const gone = "DELETE FROM device WHERE account_id = ? AND (expires_at <= ? OR public_key = ?)";
  connection.run(gone, accountId, added.createdAt, replaces);
  requireRoomForDevice(devices(connection, accountId), added.label);
  connection.run(
    `INSERT INTO device
       (account_id, public_key, label, scope, senders, sealed_keys, wrapped_key, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    accountId,
    added.key,
    added.label,
    added.scope,
    added.senders && JSON.stringify(added.senders),
    added.sealedKeys,
    added.wrappedKey,
    added.createdAt,
    added.expiresAt,
  );
}

function devices(connection: SqlConnection, accountId: AccountId): Device[] {
  return connection.all<DeviceRow>(
    `SELECT ${columns} FROM device WHERE account_id = ? ORDER BY label`,
    accountId,
  ).map(deviceOf);
}

function findDevice(
  connection: SqlConnection,
  accountId: AccountId,
  key: LoginKey,
): Device | null {
  const sql = `SELECT ${columns} FROM device WHERE account_id = ? AND public_key = ?`;
  const row = connection.get<DeviceRow>(sql, accountId, key);
  return row === undefined ? null : deviceOf(row);
}

function removeDevice(connection: SqlConnection, accountId: AccountId, label: string): boolean {
  const sql = "DELETE FROM device WHERE account_id = ? AND label = ?";
  return connection.change(sql, accountId, label) > 0;
}

function noteDeviceUse(
  connection: SqlConnection,
  accountId: AccountId,
  key: LoginKey,
  usedAt: number,
): void {
  const sql = "UPDATE device SET used_at = ? WHERE account_id = ? AND public_key = ?";
  connection.run(sql, usedAt, accountId, key);
}
