/** What an administrator sees and changes of accounts, in SQL. */
import type { Account } from "../account_store.ts";
import type {
  AccountDetails,
  AdministrationStore,
  QuotaChange,
  Totals,
} from "../administration_store.ts";
import type { Access } from "./access.ts";
import type { SqlConnection, SqlValue } from "./connection.ts";
import { findAccount } from "./rows/account.ts";
import type { AccountName } from "../../model/address.ts";

export const administrationJobs = { disableAccount, setQuota };

export function administrationStore(
  database: Access,
): AdministrationStore {
  return {
    ...database.writes(administrationJobs),
    describeAccount: (name) => database.read(describeAccount, name),
    describeAccounts: (page) => database.read(describeAccounts, page),
    totals: (now) => database.read(totals, now),
  };
}

const details = `SELECT account.id, name, fingerprint, created_at,
    disabled_at, inbox + sent AS messages, unread, bytes,
    max_bytes, max_messages
  FROM account CROSS JOIN mailbox ON mailbox.account_id = account.id`;

/** Behind every character that a name may have. */
const last = "\u{10ffff}";

async function disableAccount(
  connection: SqlConnection,
  name: AccountName,
  at: number | null,
): Promise<Account | null> {
  const sql = at === null
    ? "UPDATE account SET disabled_at = $1 WHERE name = $2 AND closed_at IS NULL"
    : `UPDATE account SET disabled_at = coalesce(disabled_at, $1), epoch = epoch + (disabled_at IS NULL)
      WHERE name = $2 AND closed_at IS NULL`;
  await connection.run(sql, at, name);
  return await findAccount(connection, name);
}

/** Sets the bounds that are given and returns whether there is such an account. */
async function setQuota(
  connection: SqlConnection,
  name: AccountName,
  { maxBytes, maxMessages }: QuotaChange,
): Promise<boolean> {
  const given: [string, SqlValue][] = [];
  if (maxBytes !== undefined) given.push(["max_bytes = $1", maxBytes]);
  if (maxMessages !== undefined) given.push(["max_messages = $1", maxMessages]);
  if (given.length === 0) return await findAccount(connection, name) !== null;
  const changes = given.map(([sql]) => sql).join(", ");
  const sql = `UPDATE mailbox SET ${changes}
    WHERE account_id = (SELECT account.id FROM account WHERE name = $1)`;
  return await connection.run(sql, ...given.map(([, value]) => value), name) > 0;
}

async function describeAccount(
  connection: SqlConnection,
  name: AccountName,
): Promise<AccountDetails | null> {
  return await connection.get<AccountDetails>(`${details} WHERE name = $1`, name) ?? null;
}

export async function describeAccounts(
  connection: SqlConnection,
  { prefix, after, limit }: { prefix: string; after: AccountName | null; limit: number },
): Promise<AccountDetails[]> {
  return await connection.all<AccountDetails>(
    `${details} WHERE name >= $1 AND name > $2 AND name < $3 ORDER BY name LIMIT $4`,
    prefix,
    after ?? "",
    prefix + last,
    limit,
  );
}

/** Reads a short row of every account: for an administrator, who asks now and then. */
async function totals(connection: SqlConnection, now: number): Promise<Totals> {
  return {
    ...await connection.one<Omit<Totals, "disabled" | "invites">>(
      `SELECT count(*) AS accounts, coalesce(sum(inbox + sent), 0) AS messages,
         coalesce(sum(unread), 0) AS unread, coalesce(sum(bytes), 0) AS bytes FROM mailbox`,
    ),
    ...await connection.one<{ disabled: number }>(
      `SELECT count(*) AS disabled FROM account
       WHERE disabled_at IS NOT NULL AND closed_at IS NULL`,
    ),
    ...await connection.one<{ invites: number }>(
      "SELECT count(*) AS invites FROM invite WHERE expires_at > $1",
      now,
    ),
  };
}
