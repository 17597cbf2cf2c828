/** What an administrator sees and changes of accounts, in SQL. */
import type { AccountName } from "../../model/address.ts";
import type { Account } from "../account_store.ts";
import type {
  AccountDetails,
  AdministrationStore,
  QuotaChange,
  Totals,
} from "../administration_store.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { findAccount, findAccountId } from "./rows/account.ts";

const administrationJobs = { disableAccount, setQuota };

export function administrationStore(database: Access): AdministrationStore {
  return {
    ...database.writes(administrationJobs),
    describeAccount: (name) => database.ask(describeAccount, name),
    describeAccounts: (page) => database.ask(describeAccounts, page),
    totals: (now) => database.ask(totals, now),
  };
}

const details = `SELECT account.id, name, fingerprint, created_at, disabled_at,
    inbox + sent AS messages, unread, bytes, max_bytes, max_messages
  FROM account JOIN mailbox ON mailbox.account_id = account.id`;

/** Behind every character that a name may have. */
const last = "\u{10ffff}";

async function disableAccount(
  connection: SqlConnection,
  name: AccountName,
  at: number | null,
): Promise<Account | null> {
  const id = await findAccountId(connection, name);
  if (id === null) return null;
  await connection.lock([id]);
  const change = at === null
    ? "disabled_at = $1"
    : "disabled_at = coalesce(disabled_at, $1), epoch = epoch + (disabled_at IS NULL)::int";
  await connection.run(
    `UPDATE account SET ${change} WHERE id = $2 AND closed_at IS NULL`,
    at,
    id,
  );
  return await findAccount(connection, name);
}

/** Sets the bounds that are given and returns whether there is such an account. */
async function setQuota(
  connection: SqlConnection,
  name: AccountName,
  { maxBytes, maxMessages }: QuotaChange,
): Promise<boolean> {
  const id = await findAccountId(connection, name);
  if (id === null) return false;
  await connection.lock([id]);
  return await connection.run(
    `UPDATE mailbox SET max_bytes = CASE WHEN $2 THEN $3 ELSE max_bytes END,
       max_messages = CASE WHEN $4 THEN $5 ELSE max_messages END
     WHERE account_id = $1`,
    id,
    maxBytes !== undefined,
    maxBytes ?? null,
    maxMessages !== undefined,
    maxMessages ?? null,
  ) > 0;
}

async function describeAccount(
  connection: SqlConnection,
  name: AccountName,
): Promise<AccountDetails | null> {
  return await connection.get<AccountDetails>(`${details} WHERE name = $1`, name) ?? null;
}

async function describeAccounts(
  connection: SqlConnection,
  { prefix, after, limit }: Parameters<AdministrationStore["describeAccounts"]>[0],
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
  return await connection.one<Totals>(
    `SELECT count(*) AS accounts, coalesce(sum(inbox + sent), 0) AS messages,
       coalesce(sum(unread), 0) AS unread, coalesce(sum(bytes), 0) AS bytes,
       (SELECT count(*) FROM account
         WHERE disabled_at IS NOT NULL AND closed_at IS NULL) AS disabled,
       (SELECT count(*) FROM invite WHERE expires_at > $1) AS invites
     FROM mailbox WHERE account_id > 0`, // by its index, as all is read here
    now,
  );
}
