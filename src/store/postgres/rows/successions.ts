/** How accounts came to their keys, in SQL. */
import type { AccountName } from "../../../model/address.ts";
import { limits } from "../../../model/limits.ts";
import type { ChangedKeys, KeysChange, StoredLine, StoredStep } from "../../credential_store.ts";
import type { SqlConnection } from "../connection.ts";
import { findKeys } from "./account.ts";
import { carryDevices } from "./device.ts";
import { dropRecovery } from "./recovery.ts";

export async function replaceKeys(
  connection: SqlConnection,
  change: KeysChange,
): Promise<ChangedKeys> {
  await keepStep(connection, change);
  const { keys, sealedKeys, accountId, devices } = change;
  await carryDevices(connection, accountId, devices);
  const { epoch } = await connection.one<{ epoch: number }>(
    `UPDATE account SET signing_key = $1, recipient = $2, signature = $3, fingerprint = $4, sealed_keys = $5,
       epoch = epoch + 1 WHERE id = $6 RETURNING epoch`,
    keys.signingKey,
    keys.recipient,
    keys.signature,
    keys.fingerprint,
    sealedKeys,
    accountId,
  );
  return { epoch, recoveryEnded: await dropRecovery(connection, accountId) };
}

/** Keeps the keys there are as a step of the line, and lets go of the oldest where it becomes too long. */
async function keepStep(
  connection: SqlConnection,
  { accountId, succession }: KeysChange,
): Promise<void> {
  const { position } = await connection.one<{ position: number }>(
    "SELECT coalesce(max(position), 0) + 1 AS position FROM succession WHERE account_id = $1",
    accountId,
  );
  await connection.run(
    `INSERT INTO succession
       (account_id, position, signing_key, recipient, succeeded_at, signature, acceptance)
     SELECT id, $1, signing_key, recipient, $2, $3, $4 FROM account WHERE id = $5`,
    position,
    succession.succeededAt,
    succession.signature,
    succession.acceptance,
    accountId,
  );
  await connection.run(
    "DELETE FROM succession WHERE account_id = $1 AND position <= $2",
    accountId,
    position - limits.maxSuccessions,
  );
}

export async function findLines(
  connection: SqlConnection,
  names: readonly AccountName[],
): Promise<(StoredLine | null)[]> {
  return await findKeys(connection, names).map(async (keys, at) =>
    keys && { keys, steps: await stepsOf(connection, names[at]!) }
  );
}

async function stepsOf(connection: SqlConnection, name: AccountName): Promise<StoredStep[]> {
  return await connection.all<StoredStep>(
    `SELECT signing_key, recipient, succeeded_at, signature, acceptance
     FROM succession WHERE account_id = (SELECT id FROM account WHERE name = $1) ORDER BY position`,
    name,
  );
}
