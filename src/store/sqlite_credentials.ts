/** How accounts are entered, in SQL: each change holds only where the sealed keys are still the expected ones. */
import type { Connection } from "./sqlite_connection.ts";
import type { AccountChange, StoredPassword } from "./store.ts";

export function replacePassword(
  connection: Connection,
  { accountId, expectedSealedKeys, ...password }: AccountChange & StoredPassword,
): boolean {
  const changed = connection.run(
    `UPDATE account SET salt = ?, memory_kib = ?, passes = ?, authentication_hash = ?, sealed_keys = ?
     WHERE id = ? AND sealed_keys = ?`,
    password.parameters.salt,
    password.parameters.memoryKiB,
    password.parameters.passes,
    password.authenticationHash,
    password.sealedKeys,
    accountId,
    expectedSealedKeys,
  );
  return changed === 1;
}
