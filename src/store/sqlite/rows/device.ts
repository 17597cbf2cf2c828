/** Devices, as changes of a password or of keys leave them. */
import type { AccountId } from "../../../model/ids.ts";
import { equalBytes } from "../../../model/bytes.ts";
import type { LoginKey } from "../../../model/digests.ts";
import type { DeviceSecrets } from "../../credential_store.ts";
import type { SqlConnection } from "../connection.ts";

/** Gives devices what was sealed anew for them, and ends the others. */
export function carryDevices(
  connection: SqlConnection,
  accountId: AccountId,
  devices: readonly DeviceSecrets[],
): void {
  const sql = "SELECT public_key AS key FROM device WHERE account_id = ?";
  for (const { key } of connection.all<{ key: LoginKey }>(sql, accountId)) {
    if (devices.some((one) => equalBytes(one.key, key))) continue;
    connection.run("DELETE FROM device WHERE account_id = ? AND public_key = ?", accountId, key);
  }
  for (const { key, sealedKeys, wrappedKey } of devices) {
    connection.run(
      "UPDATE device SET sealed_keys = ?, wrapped_key = ? WHERE account_id = ? AND public_key = ?",
      sealedKeys,
      wrappedKey,
      accountId,
      key,
    );
  }
}
