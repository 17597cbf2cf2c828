/** Invites and the accounts made with them, in SQL. */
import type { AccountId } from "../../model/ids.ts";
import type { NewAccount } from "../account_store.ts";
import { noSuchInvite, notInvited } from "../failures.ts";
import type { InviteStore, InviteUse, KeptInvite, NewInvite } from "../invite_store.ts";
import type { Access } from "./access.ts";
import { createAccount } from "./accounts.ts";
import type { SqlConnection } from "./connection.ts";

export const inviteJobs = { addInvite, revokeInvites, createInvitedAccount };

export function inviteStore(database: Access): InviteStore {
  return {
    ...database.writes(inviteJobs),
    invites: (page) => database.read(invites, page),
    findInvite: (use) => database.read(findInvite, use),
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
    `SELECT token_hash, uses, expires_at, max_bytes,
       provisioning, created_at
     FROM invite WHERE token_hash > $1 AND expires_at > $2 ORDER BY token_hash LIMIT $3`,
    after ?? new Uint8Array(0),
    now,
    limit,
  );
  return rows.map((row) => ({ ...row, provisioning: row.provisioning === 1 }));
}

/** Drops the invites whose hashes begin as these ids; all or none. */
async function revokeInvites(connection: SqlConnection, ids: readonly Uint8Array[]): Promise<void> {
  const missing = ids.filter(async (id) => {
    const last = new Uint8Array(32).fill(0xff);
    last.set(id);
    const sql = "DELETE FROM invite WHERE token_hash >= $1 AND token_hash <= $2";
    return await connection.run(sql, id, last) === 0;
  });
  if (missing.length > 0) throw noSuchInvite(missing);
}

async function findInvite(
  connection: SqlConnection,
  use: InviteUse,
): Promise<{ readonly provisioning: boolean } | null> {
  const row = await usable(connection, use);
  return row === undefined ? null : { provisioning: row.provisioning === 1 };
}

/** Takes one use of an invite and makes the account; all of it or nothing. */
async function createInvitedAccount(
  connection: SqlConnection,
  account: NewAccount,
  use: InviteUse,
): Promise<AccountId> {
  const row = await usable(connection, use);
  if (row === undefined) throw notInvited();
  const spent = row.uses === 1
    ? "DELETE FROM invite WHERE token_hash = $1"
    : "UPDATE invite SET uses = uses - 1 WHERE token_hash = $1";
  await connection.run(spent, use.tokenHash);
  const id = await createAccount(connection, account);
  const granted = "UPDATE mailbox SET max_bytes = $1 WHERE account_id = $2";
  await connection.run(granted, row.maxBytes, id);
  return id;
}

async function usable(
  connection: SqlConnection,
  { tokenHash, now }: InviteUse,
): Promise<InviteRow | undefined> {
  return await connection.get<InviteRow>(
    `SELECT uses, max_bytes, provisioning FROM invite
     WHERE token_hash = $1 AND expires_at > $2`,
    tokenHash,
    now,
  );
}
