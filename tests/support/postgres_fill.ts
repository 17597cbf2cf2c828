/** Fills a database of the store's with rows, without statistics: as one is in which nobody has had time to make any. */
import type { DriverClient } from "../../src/store/postgres/driver.ts";

/** Entries of the account 1, half of them sent by it. */
export const filledEntries = 100_000;
/** Accounts, and rows of what an account has few of. */
const filledAccounts = 10_000;

const accounts = `generate_series(1, ${filledAccounts}) AS n`;
const entries = `generate_series(1, ${filledEntries}) AS n`;

/** Table -> a query for its rows, whose ids count from 1. */
const rows: Readonly<Record<string, string>> = {
  "account (name, skeleton, salt, memory_kib, passes, login_key, signing_key, recipient, signature, fingerprint, sealed_keys, created_at)":
    `SELECT 'name' || n, 'name' || n, '', 1, 1, '', '', '', '', '', '', 1 FROM ${accounts}`,
  "alias (name, skeleton, account_id)": `SELECT 'alias' || n, 'alias' || n, n FROM ${accounts}`,
  "recovery (account_id, public_key, sealed_keys)": `SELECT n, '', '' FROM ${accounts}`,
  "app_password (account_id, label, scope, verifier, created_at)":
    `SELECT n, 'label', 'read', '', 1 FROM ${accounts}`,
  "device (account_id, public_key, label, scope, sealed_keys, wrapped_key, created_at)":
    `SELECT n, '', 'label', 'read', '', '', 1 FROM ${accounts}`,
  "succession (account_id, position, signing_key, recipient, succeeded_at, signature, acceptance)":
    `SELECT n, 1, '', '', 1, '', '' FROM ${accounts}`,
  "keyring (account_id, version, tag, sealed)": `SELECT n, 1, '', '' FROM ${accounts}`,
  "folder_list (account_id)": `SELECT n FROM ${accounts}`,
  "blocked (account_id, address, blocked_at)": `SELECT n, 'name1', 1 FROM ${accounts}`,
  "request (account_id, id, call, at)": `SELECT 1, int8send(n), 'call', n FROM ${entries}`,
  "invite (token_hash, uses, created_at, expires_at, provisioning)":
    `SELECT int8send(n), 1, 1, n, 0 FROM ${accounts}`,
  "failed_logins (rate, key, full_at)": `SELECT 'rate', 'key' || n, n FROM ${accounts}`,
  "mailbox (account_id, next_entry, modseq, inbox, sent, unread)": `
    SELECT n, ${filledEntries} + 1, 2 * ${filledEntries}, ${filledEntries} / 2, ${filledEntries} / 2, 0
    FROM ${accounts}`,
  "message (sender_id, idempotency_key, content_tag, entry_id, holders, body)":
    `SELECT 1, int8send(n), '', n, 1, 'body' FROM ${entries}`,
  "delivery (message_id, recipient_id, position)": `SELECT n, 2, 0 FROM ${entries}`,
  "held (message_id, sender_id, deliver_at, bytes)": `SELECT n, 1, n, 1 FROM ${accounts}`,
  "held_copy (message_id, position, recipient_id, envelope_digest, envelope)":
    `SELECT n, 0, 2, '', '' FROM ${accounts}`,
  "body (account_id, bytes, chunks, holders)": `SELECT 1, 1, 1, 1 FROM ${accounts}`,
  "body_chunk (body_id, position, data)": `SELECT n, 0, '' FROM ${accounts}`,
  "entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at, expires_at, sealed_bytes, envelope_digest, envelope)":
    `
    SELECT 1, n, CASE WHEN n % 2 = 0 THEN 'inbox' ELSE 'sent' END, 1, n, n, n,
      CASE WHEN n % 3 > 0 THEN n END, CASE WHEN n % 10 = 0 THEN n END, 4, '', 'envelope'
    FROM ${entries}`,
  "filing (account_id, id, place, modseq)": `SELECT 1, n, n, n FROM ${entries}`,
  "outline (account_id, id, sealed)": `SELECT 1, n, 'outline' FROM ${entries}`,
  "gone (account_id, modseq, id)": `SELECT 1, ${filledEntries} + n, n FROM ${accounts}`,
  "bounce (message_id, recipient, reason, at, entry_id)":
    `SELECT n, 'name2', 'expired', 1, n FROM ${accounts}`,
  "retention_notice (account_id, entry_id, last_id, messages, oldest, at, goes_at)":
    `SELECT n, 1, 1, 1, 1, 1, 1 FROM ${accounts}`,
  "outcome (id, result)": `SELECT gen_random_uuid(), '' FROM ${accounts}`,
  "instance (host, software)": `SELECT '', '' FROM ${accounts}`,
};

/** Fills every table. */
export async function fill(client: DriverClient): Promise<void> {
  const tables = Object.keys(rows).map((table) => table.split(" ")[0]!);
  for (const table of tables) {
    await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  }
  for (const [table, query] of Object.entries(rows)) {
    await client.query(`INSERT INTO ${table} ${query}`);
  }
}
