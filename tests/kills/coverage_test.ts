/** Every command is in the table of those that change something, or is said to change nothing. */
import assert from "node:assert/strict";
import { commandTable } from "../../src/cli/command_table.ts";
import { accountRows } from "./account.ts";
import { adminRows } from "./admin.ts";
import { fileRows } from "./file_rows.ts";
import { filingRows } from "./filing.ts";
import { mailRows } from "./mail.ts";

/** At most they note what they saw, which the next command does again. */
const readOnly: ReadonlySet<string> = new Set([
  "inbox",
  "sent",
  "drafts",
  "folders", // what it takes back from a deleted folder, the next one does
  "thread",
  "search",
  "queue",
  "whoami",
  "contacts",
  "missing",
  "app-password list",
  "login list",
  "users",
  "ping",
  "keys server show",
  "keys server export",
  "admin invites",
  "admin users",
  "admin show",
  "admin alias list",
  "admin stats",
  "admin verify",
  "help",
  "completion",
]);

/** What goes on for long is killed in a test of its own. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ["watch", "e2e/watch_test.ts"],
  ["bridge", "e2e/bridge_test.ts"],
  ["web", "web/program_test.ts"],
  ["admin rotate-key", "postgres/rotation_test.ts"],
  ["admin restore", "contract/sqlite_backup_test.ts"],
]);

Deno.test("every command that changes something is killed in the middle of it", () => {
  const rows = [...mailRows, ...filingRows, ...accountRows, ...adminRows, ...fileRows];
  const inTable = new Set(rows.map(({ command }) => command.replace(/ -.*/, "")));
  const missing = commandTable.names.filter((name) =>
    !inTable.has(name) && !readOnly.has(name) && !elsewhere.has(name)
  );
  assert.deepEqual(missing, [], "give each a row, or a place in one of the lists above");
  const gone = [...inTable, ...readOnly, ...elsewhere.keys()].filter((name) =>
    !commandTable.names.includes(name)
  );
  assert.deepEqual(gone, []);
  for (const test of elsewhere.values()) {
    assert.match(Deno.readTextFileSync(`${import.meta.dirname}/../${test}`), /SIGKILL/);
  }
});
