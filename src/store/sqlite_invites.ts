/** Invites and the accounts made with them, in SQL. */
import { notInvited } from "./failures.ts";
import { createAccount } from "./sqlite_accounts.ts";
import type { Connection } from "./sqlite_connection.ts";
import type { Account, InviteUse, NewAccount, NewInvite } from "./store.ts";

interface InviteRow {
  readonly uses: number;
  readonly maxBytes: number | null;
  readonly provisioning: number;
}

/** Keeps an invite and drops those that nobody can use any more. */
export function addInvite(
  connection: Connection,
  { invite, now }: { invite: NewInvite; now: number },
): void {
  connection.run("DELETE FROM invite WHERE expires_at <= ?", now);
  connection.run(
    `INSERT INTO invite (token_hash, uses, expires_at, max_bytes, provisioning)
     VALUES (?, ?, ?, ?, ?)`,
    invite.tokenHash,
    invite.uses,
    invite.expiresAt,
    invite.maxBytes,
    invite.provisioning ? 1 : 0,
  );
}

export function findInvite(
  connection: Connection,
  use: InviteUse,
): { readonly provisioning: boolean } | null {
  const row = usable(connection, use);
  return row === undefined ? null : { provisioning: row.provisioning === 1 };
}

/** Takes one use of an invite and makes the account; all of it or nothing. */
export function createInvitedAccount(
  connection: Connection,
  { account, use }: { account: NewAccount; use: InviteUse },
): Account {
  const row = usable(connection, use);
  if (row === undefined) throw notInvited();
  const spent = row.uses === 1
    ? "DELETE FROM invite WHERE token_hash = ?"
    : "UPDATE invite SET uses = uses - 1 WHERE token_hash = ?";
  connection.run(spent, use.tokenHash);
  const created = createAccount(connection, account);
  const granted = "UPDATE mailbox SET max_bytes = ? WHERE account_id = ?";
  connection.run(granted, row.maxBytes, created.id);
  return created;
}

function usable(connection: Connection, { tokenHash, now }: InviteUse): InviteRow | undefined {
  return connection.get<InviteRow>(
    `SELECT uses, max_bytes AS maxBytes, provisioning FROM invite
     WHERE token_hash = ? AND expires_at > ?`,
    tokenHash,
    now,
  );
}
