/** How accounts came to their keys, in SQL. */
import type { AccountName } from "../../../model/address.ts";
import { limits } from "../../../model/limits.ts";
import type { StoredKeys } from "../../account_store.ts";
import type { ChangedKeys, KeysChange, StoredLine, StoredStep } from "../../credential_store.ts";
import type { SqlConnection } from "../connection.ts";
import { keyColumns } from "./account.ts";
import { carryDevices } from "./device.ts";
import { dropRecovery } from "./recovery.ts";

export async function replaceKeys(
  connection: SqlConnection,
  change: KeysChange,
): Promise<ChangedKeys> {
  const { keys, sealedKeys, accountId, devices } = change;
  await connection.lock([accountId]);
  await keepStep(connection, change);
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
    `INSERT INTO succession
       (account_id, position, signing_key, recipient, succeeded_at, signature, acceptance)
     SELECT id, coalesce((SELECT max(position) FROM succession WHERE account_id = $1), 0) + 1,
       signing_key, recipient, $2, $3, $4
     FROM account WHERE id = $1 RETURNING position`,
    accountId,
    succession.succeededAt,
    succession.signature,
    succession.acceptance,
  );
  await connection.run(
    "DELETE FROM succession WHERE account_id = $1 AND position <= $2",
    accountId,
    position - limits.maxSuccessions,
  );
}

/** A step beside the keys that it led to; the step is null where there is none. */
type LineRow =
  & StoredKeys
  & { readonly name: AccountName; readonly position: number | null }
  & {
    readonly [K in keyof StoredStep as `step${Capitalize<K>}`]: StoredStep[K];
  };

export async function findLines(
  connection: SqlConnection,
  names: readonly AccountName[],
): Promise<(StoredLine | null)[]> {
  const rows = await connection.all<LineRow>(
    `SELECT name, ${keyColumns}, step.* FROM account
     LEFT JOIN LATERAL (
       SELECT position, signing_key AS step_signing_key, recipient AS step_recipient,
         succeeded_at AS step_succeeded_at, signature AS step_signature,
         acceptance AS step_acceptance
       FROM succession WHERE account_id = account.id) step ON true
     WHERE name = ANY($1) AND closed_at IS NULL ORDER BY name, position`,
    names,
  );
  const lines = new Map(
    [...Map.groupBy(rows, ({ name }) => name)].map(([name, steps]) => [name, lineOf(steps)]),
  );
  return names.map((name) => lines.get(name) ?? null);
}

function lineOf(rows: readonly LineRow[]): StoredLine {
  const { signingKey, recipient, signature, fingerprint } = rows[0]!;
  const steps = rows.filter(({ position }) => position !== null).map((row) => ({
    signingKey: row.stepSigningKey,
    recipient: row.stepRecipient,
    succeededAt: row.stepSucceededAt,
    signature: row.stepSignature,
    acceptance: row.stepAcceptance,
  }));
  return { keys: { signingKey, recipient, signature, fingerprint }, steps };
}
