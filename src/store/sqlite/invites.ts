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
function addInvite(
  connection: SqlConnection,
  invite: NewInvite,
  now: number,
): number {
  connection.run("DELETE FROM invite WHERE expires_at <= ?", now);
  connection.run(
    `INSERT INTO invite (token_hash, uses, expires_at, max_bytes, provisioning, created_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
    invite.tokenHash,
    invite.uses,
    invite.expiresAt,
    invite.maxBytes,
    invite.provisioning ? 1 : 0,
    now,
  );
  return invite.expiresAt;
}

function invites(
  connection: SqlConnection,
  { now, after, limit }: Parameters<InviteStore["invites"]>[0],
): KeptInvite[] {
  const rows = connection.all<Omit<KeptInvite, "provisioning"> & { provisioning: number }>(
    `SELECT token_hash AS tokenHash, uses, expires_at AS expiresAt, max_bytes AS maxBytes,
       provisioning, created_at AS createdAt
     FROM invite WHERE token_hash > ? AND expires_at > ? ORDER BY token_hash LIMIT ?`,
    after ?? new Uint8Array(0),
    now,
    limit,
  );
  return rows.map((row) => ({ ...row, provisioning: row.provisioning === 1 }));
}

/** Drops the invites whose hashes begin as these ids; all or none. */
function revokeInvites(connection: SqlConnection, ids: readonly Uint8Array[]): void {
  const missing = ids.filter((id) => {
    const last = new Uint8Array(32).fill(0xff);
    last.set(id);
    const sql = "DELETE FROM invite WHERE token_hash >= ? AND token_hash <= ?";
    return connection.change(sql, id, last) === 0;
  });
  if (missing.length > 0) throw noSuchInvite(missing);
}

function findInvite(
  connection: SqlConnection,
  use: InviteUse,
): { readonly provisioning: boolean } | null {
  const row = usable(connection, use);
  return row === undefined ? null : { provisioning: row.provisioning === 1 };
}

/** Takes one use of an invite and makes the account; all of it or nothing. */
function createInvitedAccount(
  connection: SqlConnection,
  account: NewAccount,
  use: InviteUse,
): AccountId {
  const row = usable(connection, use);
  if (row === undefined) throw notInvited();
  const spent = row.uses === 1
    ? "DELETE FROM invite WHERE token_hash = ?"
    : "UPDATE invite SET uses = uses - 1 WHERE token_hash = ?";
  connection.run(spent, use.tokenHash);
  const id = createAccount(connection, account);
  const granted = "UPDATE mailbox SET max_bytes = ? WHERE account_id = ?";
  connection.run(granted, row.maxBytes, id);
  return id;
}

function usable(connection: SqlConnection, { tokenHash, now }: InviteUse): InviteRow | undefined {
  return connection.get<InviteRow>(
    `SELECT uses, max_bytes AS maxBytes, provisioning FROM invite
     WHERE token_hash = ? AND expires_at > ?`,
    tokenHash,
    now,
  );
}
