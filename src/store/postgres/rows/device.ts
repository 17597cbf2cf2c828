/** Devices, as changes of a password or of keys leave them. */
import type { AccountId } from "../../../model/ids.ts";
import type { DeviceSecrets } from "../../credential_store.ts";
import type { SqlConnection } from "../connection.ts";

/** Gives devices what was sealed anew for them, and ends the others. */
export async function carryDevices(
  connection: SqlConnection,
  accountId: AccountId,
  devices: readonly DeviceSecrets[],
): Promise<void> {
  await connection.run(
    `WITH ended AS (DELETE FROM device WHERE account_id = $1 AND public_key <> ALL ($2::bytea[]))
     UPDATE device SET sealed_keys = given.sealed_keys, wrapped_key = given.wrapped_key
     FROM unnest($2::bytea[], $3::bytea[], $4::bytea[]) AS given (key, sealed_keys, wrapped_key)
     WHERE account_id = $1 AND public_key = given.key`,
    accountId,
    devices.map(({ key }) => key),
    devices.map(({ sealedKeys }) => sealedKeys),
    devices.map(({ wrappedKey }) => wrappedKey),
  );
}
