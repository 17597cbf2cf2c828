/** Devices, as changes of a password or of keys leave them. */
import type { AccountId } from "../../../model/ids.ts";
import { equalBytes } from "../../../model/bytes.ts";
import type { LoginKey } from "../../../model/digests.ts";
import type { DeviceSecrets } from "../../credential_store.ts";
import type { SqlConnection } from "../connection.ts";

/** Gives devices what was sealed anew for them, and ends the others. */
export async function carryDevices(
  connection: SqlConnection,
  accountId: AccountId,
  devices: readonly DeviceSecrets[],
): Promise<void> {
  const sql = "SELECT public_key AS key FROM device WHERE account_id = $1";
  for (const { key } of await connection.all<{ key: LoginKey }>(sql, accountId)) {
    if (devices.some((one) => equalBytes(one.key, key))) continue;
    await connection.run(
      "DELETE FROM device WHERE account_id = $1 AND public_key = $2",
      accountId,
      key,
    );
  }
  for (const { key, sealedKeys, wrappedKey } of devices) {
    await connection.run(
      "UPDATE device SET sealed_keys = $1, wrapped_key = $2 WHERE account_id = $3 AND public_key = $4",
      sealedKeys,
      wrappedKey,
      accountId,
      key,
    );
  }
}
