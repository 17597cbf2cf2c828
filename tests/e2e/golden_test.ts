/** What every command really writes with `--json`: held to its schema, and to its golden file. */
import assert from "node:assert/strict";
import { findSchema, schemaNames } from "../../src/cli/schema/schemas.ts";
import { goldenNames, holdToGolden } from "../support/golden.ts";
import { schemaErrors } from "../support/json_schema.ts";
import { password, Stage } from "../support/person.ts";
import { typeLine } from "../support/typed_line.ts";

interface Case {
  /** The schema's name, with _ for blanks: the golden file's too. After a hyphen what is special, which has none. */
  readonly name: string;
  readonly as: "alice" | "bob" | "carol";
  /** With `--json` after it. */
  readonly line: string;
  readonly stdin?: string | Uint8Array;
  readonly status?: number;
}

const big = "x".repeat(1024 * 1024 + 1);
const report = "-s 'A report' --cc bob --bcc alice -a -:report.csv -m 'See the file.'";

const cases: readonly Case[] = [
  { name: "register", as: "carol", line: "register carol" },
  { name: "login", as: "carol", line: "login carol --label laptop" },
  { name: "whoami", as: "carol", line: "whoami" },
  { name: "login_list", as: "carol", line: "login list" },
  { name: "login_revoke", as: "carol", line: "login revoke laptop" },
  { name: "logout", as: "carol", line: "logout" },
  { name: "logout-none", as: "carol", line: "logout" },
  { name: "ping", as: "alice", line: "ping" },
  { name: "inbox-empty", as: "alice", line: "inbox" },
  { name: "send", as: "alice", line: `send carol ${report} --key k`, stdin: "1,2\n" },
  { name: "send-again", as: "alice", line: `send carol ${report} --key k`, stdin: "1,2\n" },
  { name: "inbox", as: "bob", line: "inbox" },
  { name: "read", as: "bob", line: "read 1" },
  { name: "send-answer", as: "bob", line: "send alice --reply-to 1", stdin: "Thanks.\n" },
  { name: "sent", as: "alice", line: "sent" },
  { name: "missing", as: "alice", line: "missing" },
  { name: "wait", as: "alice", line: "wait --unread --from bob --peek --timeout 20s" },
  { name: "watch", as: "alice", line: "watch --unread --count 1" },
  {
    name: "send-bytes",
    as: "bob",
    line: "send alice -s Bytes",
    stdin: Uint8Array.of(0xff, 0, 1),
  },
  { name: "send-big", as: "bob", line: "send alice -s Big", stdin: big },
  { name: "read-several", as: "alice", line: "read 3 4 5" },
  { name: "inbox-unread", as: "alice", line: "inbox --unread" },
  { name: "reply", as: "alice", line: "reply 3 -m Fine." },
  { name: "forward", as: "alice", line: "forward 3 bob -m 'Have a look.'" },
  { name: "thread", as: "alice", line: "thread 3" },
  { name: "search", as: "alice", line: "search -n 1 in:sent" },
  { name: "folders_create", as: "alice", line: "folders create Bills" },
  { name: "move", as: "alice", line: "move 3 Bills" },
  { name: "flag", as: "alice", line: "flag 3 +todo +flagged" },
  { name: "folders", as: "alice", line: "folders" },
  { name: "inbox-folder", as: "alice", line: "inbox --folder Bills" },
  { name: "sent-flagged", as: "alice", line: "sent --flagged" },
  { name: "read-filed", as: "alice", line: "read 3" },
  { name: "unread", as: "alice", line: "unread 3" },
  { name: "folders_rename", as: "alice", line: "folders rename Bills Invoices" },
  { name: "folders_delete", as: "alice", line: "folders delete Invoices" },
  { name: "archive", as: "alice", line: "archive 3" },
  { name: "trash", as: "alice", line: "trash 3" },
  { name: "trash-back", as: "alice", line: "move 3 INBOX > /dev/null; mailctl trash 4 3" },
  { name: "move-back", as: "alice", line: "move 3 4 INBOX" },
  { name: "queue-empty", as: "alice", line: "queue" },
  {
    name: "queue",
    as: "alice",
    line: "sendmail -oem nobody 2> /dev/null; mailctl queue",
    stdin: "Subject: Later\n\nTo somebody who may come.\n",
  },
  { name: "queue_flush", as: "alice", line: "queue flush 2> /dev/null", status: 67 },
  {
    name: "queue_remove",
    as: "alice",
    line: "queue remove $(mailctl queue | cut -f 1)",
  },
  {
    name: "bridge",
    as: "alice",
    line:
      "help > /dev/null; run() { mailctl $@ > facts & until [ -s facts ]; do sleep 0.02; done; " +
      "kill $!; wait $!; cat facts; }; run bridge --smtp 127.0.0.1:0 --imap 127.0.0.1:0 --pop3 127.0.0.1:0",
  },
  { name: "contacts", as: "alice", line: "contacts" },
  { name: "block", as: "bob", line: "block alice x@world.test" },
  { name: "contacts-blocked", as: "bob", line: "contacts --blocked" },
  { name: "unblock", as: "bob", line: "unblock alice" },
  { name: "verify", as: "alice", line: "verify bob" },
  { name: "trust", as: "alice", line: "trust bob" },
  { name: "keys_server_show", as: "carol", line: "keys server show --keys $SERVER/keys" },
  {
    name: "admin_verify",
    as: "carol",
    line: "admin backup b.db --data $SERVER/data && mailctl admin verify b.db",
  },
  { name: "users", as: "alice", line: "users bob" },
  { name: "admin_invite", as: "carol", line: "admin invite --data $SERVER/data --uses 2" },
  { name: "admin_invites", as: "carol", line: "admin invites --data $SERVER/data" },
  {
    name: "admin_invites_revoke",
    as: "carol",
    line:
      "admin invites revoke --data $SERVER/data $(mailctl admin invites --data $SERVER/data | cut -f1)",
  },
  { name: "admin_disable", as: "carol", line: "admin disable bob --data $SERVER/data" },
  { name: "admin_show", as: "carol", line: "admin show bob --data $SERVER/data" },
  { name: "admin_enable", as: "carol", line: "admin enable bob --data $SERVER/data" },
  { name: "admin_quota", as: "carol", line: "admin quota bob --bytes 100M --data $SERVER/data" },
  { name: "admin_users", as: "carol", line: "admin users --data $SERVER/data" },
  {
    name: "admin_import",
    as: "carol",
    line: "admin import - --data $SERVER/data",
    stdin: '{"dave":"the password of dave"}',
  },
  {
    name: "admin_alias_add",
    as: "carol",
    line: "admin alias add info bob --data $SERVER/data",
  },
  { name: "admin_alias_list", as: "carol", line: "admin alias list --data $SERVER/data" },
  {
    name: "admin_alias_remove",
    as: "carol",
    line: "admin alias remove info --data $SERVER/data",
  },
  { name: "admin_stats", as: "carol", line: "admin stats --data $SERVER/data" },
  { name: "delete", as: "alice", line: "delete 4 3 4" },
  {
    name: "send-partial",
    as: "alice",
    line: "send bob nobody --partial -s Both -m x 2> /dev/null",
    status: 67,
  },
  { name: "inbox-returned", as: "alice", line: "inbox -n 1" },
  {
    name: "send-read",
    as: "bob",
    line: "send bob --key own -m x > /dev/null && mailctl read $(mailctl inbox -n 1 | cut -f 1) " +
      "> /dev/null && mailctl send bob --key own -m x --wait read",
  },
  { name: "send-held", as: "alice", line: "send bob --hold 1h -s Later -m x" },
  { name: "sent-held", as: "alice", line: "sent -n 1" },
  { name: "cancel", as: "alice", line: "cancel $(mailctl sent -n 1 | cut -f 1)" },
  { name: "sent-cancelled", as: "alice", line: "sent -n 1" },
  { name: "send-burn", as: "alice", line: "send bob --burn -s Once -m x" },
  { name: "inbox-burn", as: "bob", line: "inbox -n 1" },
  { name: "passwd", as: "carol", line: "passwd --user carol" },
  {
    name: "app-password_create",
    as: "carol",
    line: "app-password create Scanner --scope smtp --user carol",
  },
  { name: "app-password_list", as: "carol", line: "app-password list --user carol" },
  {
    name: "app-password_revoke",
    as: "carol",
    line: "app-password revoke Scanner --user carol",
  },
  { name: "account_recovery", as: "carol", line: "account recovery --user carol" },
  {
    name: "account_recovery-revoke",
    as: "carol",
    line: "account recovery --user carol --revoke",
  },
  {
    name: "account_recover",
    as: "carol",
    line: "account recovery --user carol > code && chmod 600 code && " +
      "mailctl account recover carol --code-file code",
  },
  { name: "keys_rotate", as: "carol", line: "keys rotate --user carol" },
  { name: "keys_export", as: "carol", line: "keys export --user carol" },
  {
    name: "keys_export-file",
    as: "carol",
    line: "keys export --user dave --password-stdin -o dave.age",
    stdin: "the password of dave",
  },
  { name: "keys_import", as: "carol", line: "keys import dave.age --user carol" },
  { name: "account_delete", as: "carol", line: "account delete --yes --user carol" },
  { name: "admin_remove", as: "carol", line: "admin remove dave --yes --data $SERVER/data" },
  {
    name: "import",
    as: "alice",
    line: "import --format mbox -",
    stdin: "From a@x.test Sat Nov 21 09:05:00 2026\nSubject: x\n\ny\n",
  },
  { name: "error", as: "alice", line: "read 4", status: 66 },
  { name: "error-usage", as: "alice", line: "read", status: 64 },
  { name: "error-after-data", as: "alice", line: "read 5 4", status: 66 },
  { name: "send-kept", as: "alice", line: "send bob -s Later -m x --save-draft" },
  { name: "drafts", as: "alice", line: "drafts" },
  { name: "send-draft", as: "alice", line: "send --draft $(mailctl drafts | cut -f 1)" },
  { name: "admin_rotate-key", as: "carol", line: "admin rotate-key --data $SERVER/data" },
];

/** A hyphen is part of one name. */
function schemaOf(name: string): string {
  return /^((?:app-|admin_rotate-)?[^-]*)/.exec(name)![0];
}

Deno.test("every --json output is as its schema and its golden file have it", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const carol = stage.home("carol");
  Object.assign(carol.env, { MAILCTL_SERVER: server.trusted, MAILCTL_PASSWORD: password });
  Object.assign(carol.env, { MAILCTL_NEW_PASSWORD: password, MAILCTL_PASSPHRASE: password });
  carol.env["SERVER"] = `${stage.folder}/server/home/.local/share/mailctl`;
  const homes = { alice: alice!.home, bob: bob!.home, carol };

  for (const { name, as, line, stdin, status = 0 } of cases) {
    await t.step(name, async () => {
      const seen = await typeLine(homes[as], `mailctl ${line} --json`, { stdin });
      assert.equal(seen.status, status, seen.err + seen.out);
      const value = JSON.parse(seen.err || seen.out);
      const schema = schemaOf(name);
      assert.deepEqual(schemaErrors(findSchema(schema.replaceAll("_", " "))!, value), []);
      if (schema === name) await holdToGolden(name, value);
    });
  }
});

Deno.test("every schema has a case and a golden file, and there is no other", () => {
  const expected = schemaNames.map((name) => name.replaceAll(" ", "_")).sort();
  assert.deepEqual(goldenNames().sort(), expected);
  const names = cases.map(({ name }) => name);
  assert.deepEqual(expected.filter((name) => !names.includes(name)), []);
  assert.deepEqual(names.filter((name) => !expected.includes(schemaOf(name))), []);
});
