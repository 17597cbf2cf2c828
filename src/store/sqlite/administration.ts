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

const details = `SELECT account.id, name, fingerprint, created_at AS createdAt,
    disabled_at AS disabledAt, inbox + sent AS messages, unread, bytes,
    max_bytes AS maxBytes, max_messages AS maxMessages
  FROM account CROSS JOIN mailbox ON mailbox.account_id = account.id`;

/** Behind every character that a name may have. */
const last = "\u{10ffff}";

function disableAccount(
  connection: SqlConnection,
  name: AccountName,
  at: number | null,
): Account | null {
  const sql = at === null
    ? "UPDATE account SET disabled_at = ? WHERE name = ? AND closed_at IS NULL"
    : `UPDATE account SET disabled_at = coalesce(disabled_at, ?), epoch = epoch + (disabled_at IS NULL)
      WHERE name = ? AND closed_at IS NULL`;
  connection.run(sql, at, name);
  return findAccount(connection, name);
}

/** Sets the bounds that are given and returns whether there is such an account. */
function setQuota(
  connection: SqlConnection,
  name: AccountName,
  { maxBytes, maxMessages }: QuotaChange,
): boolean {
  const given: [string, SqlValue][] = [];
  if (maxBytes !== undefined) given.push(["max_bytes = ?", maxBytes]);
  if (maxMessages !== undefined) given.push(["max_messages = ?", maxMessages]);
  if (given.length === 0) return findAccount(connection, name) !== null;
  const changes = given.map(([sql]) => sql).join(", ");
  const sql = `UPDATE mailbox SET ${changes}
    WHERE account_id = (SELECT account.id FROM account WHERE name = ?)`;
  return connection.change(sql, ...given.map(([, value]) => value), name) > 0;
}

function describeAccount(connection: SqlConnection, name: AccountName): AccountDetails | null {
  return connection.get<AccountDetails>(`${details} WHERE name = ?`, name) ?? null;
}

export function describeAccounts(
  connection: SqlConnection,
  { prefix, after, limit }: { prefix: string; after: AccountName | null; limit: number },
): AccountDetails[] {
  return connection.all<AccountDetails>(
    `${details} WHERE name >= ? AND name > ? AND name < ? ORDER BY name LIMIT ?`,
    prefix,
    after ?? "",
    prefix + last,
    limit,
  );
}

/** Reads a short row of every account: for an administrator, who asks now and then. */
function totals(connection: SqlConnection, now: number): Totals {
  return {
    ...connection.one<Omit<Totals, "disabled" | "invites">>(
      `SELECT count(*) AS accounts, coalesce(sum(inbox + sent), 0) AS messages,
         coalesce(sum(unread), 0) AS unread, coalesce(sum(bytes), 0) AS bytes FROM mailbox`,
    ),
    ...connection.one<{ disabled: number }>(
      `SELECT count(*) AS disabled FROM account
       WHERE disabled_at IS NOT NULL AND closed_at IS NULL`,
    ),
    ...connection.one<{ invites: number }>(
      "SELECT count(*) AS invites FROM invite WHERE expires_at > ?",
      now,
    ),
  };
}
