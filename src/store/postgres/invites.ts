/** Invites and the accounts made with them, in SQL. */
import type { AccountId } from "../../model/ids.ts";
import type { NewAccount } from "../account_store.ts";
import type { InviteHash } from "../../model/digests.ts";
import { noSuchInvite, notInvited } from "../failures.ts";
import type { InviteStore, InviteUse, KeptInvite, NewInvite } from "../invite_store.ts";
import type { Access } from "./access.ts";
import { insertAccount } from "./accounts.ts";
import type { SqlConnection } from "./connection.ts";

const inviteJobs = { addInvite, revokeInvites, createInvitedAccount };

export function inviteStore(database: Access): InviteStore {
  return {
    ...database.writes(inviteJobs),
    invites: (page) => database.ask(invites, page),
    findInvite: (use) => database.ask(findInvite, use),
  };
}

interface InviteRow {
  readonly uses: number;
  readonly maxBytes: number | null;
  readonly provisioning: number;
}

/** Keeps an invite and drops those that nobody can use any more. */
async function addInvite(
  connection: SqlConnection,
  invite: NewInvite,
  now: number,
): Promise<number> {
  await connection.lock([]);
  await connection.run("DELETE FROM invite WHERE expires_at <= $1", now);
  await connection.run(
    `INSERT INTO invite (token_hash, uses, expires_at, max_bytes, provisioning, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    invite.tokenHash,
    invite.uses,
    invite.expiresAt,
    invite.maxBytes,
    invite.provisioning ? 1 : 0,
    now,
  );
  return invite.expiresAt;
}

async function invites(
  connection: SqlConnection,
  { now, after, limit }: Parameters<InviteStore["invites"]>[0],
): Promise<KeptInvite[]> {
  const rows = await connection.all<Omit<KeptInvite, "provisioning"> & { provisioning: number }>(
    `SELECT token_hash, uses, expires_at, max_bytes, provisioning, created_at
     FROM invite WHERE token_hash > $1 AND expires_at > $2 ORDER BY token_hash LIMIT $3`,
    after ?? new Uint8Array(0),
    now,
    limit,
  );
  return rows.map((row) => ({ ...row, provisioning: row.provisioning === 1 }));
}

/** Drops the invites whose hashes begin as these ids; all or none. */
async function revokeInvites(connection: SqlConnection, ids: readonly Uint8Array[]): Promise<void> {
  await connection.lock([]);
  const dropped = await connection.all<{ tokenHash: InviteHash }>(
    `DELETE FROM invite USING unnest($1::bytea[], $2::bytea[]) AS given (first, last)
     WHERE token_hash BETWEEN given.first AND given.last RETURNING token_hash`,
    ids,
    ids.map(lastOf),
  );
  const hashes = dropped.map(({ tokenHash }) => tokenHash.toHex());
  const missing = ids.filter((id) => !hashes.some((hash) => hash.startsWith(id.toHex())));
  if (missing.length > 0) throw noSuchInvite(missing);
}

/** The last hash that begins so. */
function lastOf(id: Uint8Array): Uint8Array {
  const last = new Uint8Array(32).fill(0xff);
  last.set(id);
  return last;
}

async function findInvite(
  connection: SqlConnection,
  use: InviteUse,
): Promise<{ readonly provisioning: boolean } | null> {
  const row = await connection.get<InviteRow>(usable, use.tokenHash, use.now);
  return row === undefined ? null : { provisioning: row.provisioning === 1 };
}

/** Takes one use of an invite and makes the account; all of it or nothing. */
async function createInvitedAccount(
  connection: SqlConnection,
  account: NewAccount,
  use: InviteUse,
): Promise<AccountId> {
  await connection.lock([]);
  const row = await connection.get<InviteRow>(`${usable} FOR UPDATE`, use.tokenHash, use.now);
  if (row === undefined) throw notInvited();
  const spent = row.uses === 1
    ? "DELETE FROM invite WHERE token_hash = $1"
    : "UPDATE invite SET uses = uses - 1 WHERE token_hash = $1";
  await connection.run(spent, use.tokenHash);
  return await insertAccount(connection, account, row.maxBytes);
}

const usable = `SELECT uses, max_bytes, provisioning FROM invite
  WHERE token_hash = $1 AND expires_at > $2`;
