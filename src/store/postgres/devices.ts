/** Devices, in SQL. */
import type { LoginKey } from "../../model/digests.ts";
import type { AccountId } from "../../model/ids.ts";
import type { AccountChange } from "../credential_store.ts";
import type { Device, DeviceStore, NewDevice } from "../device_store.ts";
import { requireRoomForDevice } from "../rules/labels.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";

const deviceJobs = { addDevice, removeDevice, noteDeviceUse };

const columns = `public_key AS key, label, scope, senders, sealed_keys, wrapped_key,
  created_at, expires_at, used_at`;

export function deviceStore(database: Access): DeviceStore {
  return {
    ...database.writes(deviceJobs),
    devices: (accountId) => database.ask(devices, accountId),
    findDevice: (accountId, key) => database.ask(findDevice, accountId, key),
  };
}

/** Its senders as JSON. */
type DeviceRow = Omit<Device, "senders"> & { readonly senders: string | null };

function deviceOf({ senders, ...row }: DeviceRow): Device {
  return { ...row, senders: senders === null ? null : JSON.parse(senders) };
}

async function addDevice(
  connection: SqlConnection,
  { accountId, replaces, ...added }:
    & AccountChange
    & NewDevice
    & { readonly replaces: LoginKey | null },
): Promise<void> {
  await connection.lock([accountId]);
  const gone = "DELETE FROM device WHERE account_id = $1 AND (expires_at <= $2 OR public_key = $3)";
  await connection.run(gone, accountId, added.createdAt, replaces);
  requireRoomForDevice(await devices(connection, accountId), added.label);
  await connection.run(
    `INSERT INTO device
       (account_id, public_key, label, scope, senders, sealed_keys, wrapped_key, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
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

async function devices(connection: SqlConnection, accountId: AccountId): Promise<Device[]> {
  const sql = `SELECT ${columns} FROM device WHERE account_id = $1 ORDER BY label`;
  return (await connection.all<DeviceRow>(sql, accountId)).map(deviceOf);
}

async function findDevice(
  connection: SqlConnection,
  accountId: AccountId,
  key: LoginKey,
): Promise<Device | null> {
  const sql = `SELECT ${columns} FROM device WHERE account_id = $1 AND public_key = $2`;
  const row = await connection.get<DeviceRow>(sql, accountId, key);
  return row === undefined ? null : deviceOf(row);
}

async function removeDevice(
  connection: SqlConnection,
  accountId: AccountId,
  label: string,
): Promise<boolean> {
  await connection.lock([accountId]);
  const sql = "DELETE FROM device WHERE account_id = $1 AND label = $2";
  return await connection.run(sql, accountId, label) > 0;
}

async function noteDeviceUse(
  connection: SqlConnection,
  accountId: AccountId,
  key: LoginKey,
  usedAt: number,
): Promise<void> {
  await connection.lock([]);
  const sql = "UPDATE device SET used_at = $1 WHERE account_id = $2 AND public_key = $3";
  await connection.run(sql, usedAt, accountId, key);
}
