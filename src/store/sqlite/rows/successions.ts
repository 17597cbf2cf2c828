/** How accounts came to their keys, in SQL. */
import type { AccountName } from "../../../model/address.ts";
import { limits } from "../../../model/limits.ts";
import type { ChangedKeys, KeysChange, StoredLine, StoredStep } from "../../credential_store.ts";
import type { SqlConnection } from "../connection.ts";
import { findKeys } from "./account.ts";
import { carryDevices } from "./device.ts";
import { dropRecovery } from "./recovery.ts";

export function replaceKeys(connection: SqlConnection, change: KeysChange): ChangedKeys {
  keepStep(connection, change);
  const { keys, sealedKeys, accountId, devices } = change;
  carryDevices(connection, accountId, devices);
  const { epoch } = connection.one<{ epoch: number }>(
    `UPDATE account SET signing_key = ?, recipient = ?, signature = ?, fingerprint = ?, sealed_keys = ?,
       epoch = epoch + 1 WHERE id = ? RETURNING epoch`,
    keys.signingKey,
    keys.recipient,
    keys.signature,
    keys.fingerprint,
    sealedKeys,
    accountId,
  );
  return { epoch, recoveryEnded: dropRecovery(connection, accountId) };
}

/** Keeps the keys there are as a step of the line, and lets go of the oldest where it becomes too long. */
function keepStep(connection: SqlConnection, { accountId, succession }: KeysChange): void {
  const { position } = connection.one<{ position: number }>(
    "SELECT coalesce(max(position), 0) + 1 AS position FROM succession WHERE account_id = ?",
    accountId,
  );
  connection.run(
    `INSERT INTO succession
       (account_id, position, signing_key, recipient, succeeded_at, signature, acceptance)
     SELECT id, ?, signing_key, recipient, ?, ?, ? FROM account WHERE id = ?`,
    position,
    succession.succeededAt,
    succession.signature,
    succession.acceptance,
    accountId,
  );
  connection.run(
    "DELETE FROM succession WHERE account_id = ? AND position <= ?",
    accountId,
    position - limits.maxSuccessions,
  );
}

export function findLines(
  connection: SqlConnection,
  names: readonly AccountName[],
): (StoredLine | null)[] {
  return findKeys(connection, names).map((keys, at) =>
    keys && { keys, steps: stepsOf(connection, names[at]!) }
  );
}

function stepsOf(connection: SqlConnection, name: AccountName): StoredStep[] {
  return connection.all<StoredStep>(
    `SELECT signing_key AS signingKey, recipient, succeeded_at AS succeededAt, signature, acceptance
     FROM succession WHERE account_id = (SELECT id FROM account WHERE name = ?) ORDER BY position`,
    name,
  );
}
