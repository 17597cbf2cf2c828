/** What every command really writes with `--json`, held to its schema and to its golden file. */
import assert from "node:assert/strict";
import { findSchema, schemaNames } from "../../src/cli/schema/schemas.ts";
import { goldenNames, holdToGolden } from "../support/golden.ts";
import { schemaErrors } from "../support/json_schema.ts";
import { password, Stage } from "../support/person.ts";

/** A command and the golden file of its output. */
interface Case {
  /** The schema's name, with _ for blanks; after a hyphen what is special. */
  readonly golden: string;
  readonly as: "alice" | "bob" | "carol";
  /** With `--json` after it. */
  readonly line: string;
  readonly stdin?: string | Uint8Array;
  readonly status?: number;
}

const big = "x".repeat(1024 * 1024 + 1);
const report = "-s 'A report' --cc bob --bcc alice -a -:report.csv -m 'See the file.'";

const cases: readonly Case[] = [
  { golden: "register", as: "carol", line: "register carol" },
  { golden: "login", as: "carol", line: "login carol" },
  { golden: "whoami", as: "carol", line: "whoami" },
  { golden: "logout", as: "carol", line: "logout" },
  { golden: "logout-none", as: "carol", line: "logout" },
  { golden: "ping", as: "alice", line: "ping" },
  { golden: "inbox-empty", as: "alice", line: "inbox" },
  { golden: "send", as: "alice", line: `send carol ${report} --key k`, stdin: "1,2\n" },
  { golden: "send-again", as: "alice", line: `send carol ${report} --key k`, stdin: "1,2\n" },
  { golden: "inbox", as: "bob", line: "inbox" },
  { golden: "read", as: "bob", line: "read 1" },
  { golden: "send-answer", as: "bob", line: "send alice --reply-to 1", stdin: "Thanks.\n" },
  { golden: "sent", as: "alice", line: "sent" },
  { golden: "wait", as: "alice", line: "wait --unread --from bob --peek --timeout 20s" },
  { golden: "watch", as: "alice", line: "watch --unread --count 1" },
  {
    golden: "send-bytes",
    as: "bob",
    line: "send alice -s Bytes",
    stdin: Uint8Array.of(0xff, 0, 1),
  },
  { golden: "send-big", as: "bob", line: "send alice -s Big", stdin: big },
  { golden: "read-several", as: "alice", line: "read 3 4 5" },
  { golden: "inbox-unread", as: "alice", line: "inbox --unread" },
  { golden: "reply", as: "alice", line: "reply 3 -m Fine." },
  { golden: "forward", as: "alice", line: "forward 3 bob -m 'Have a look.'" },
  { golden: "thread", as: "alice", line: "thread 3" },
  { golden: "queue-empty", as: "alice", line: "queue" },
  {
    golden: "queue",
    as: "alice",
    line: "sendmail -oem nobody 2> /dev/null; mailctl queue",
    stdin: "Subject: Later\n\nTo somebody who may come.\n",
  },
  { golden: "queue_flush", as: "alice", line: "queue flush 2> /dev/null", status: 67 },
  {
    golden: "queue_remove",
    as: "alice",
    line: "queue remove $(mailctl queue | cut -f 1)",
  },
  {
    golden: "bridge",
    as: "alice",
    line:
      "help > /dev/null; run() { mailctl $@ > facts & until [ -s facts ]; do sleep 0.02; done; " +
      "kill $!; wait $!; cat facts; }; run bridge --smtp 127.0.0.1:0 --pop3 127.0.0.1:0",
  },
  { golden: "contacts", as: "alice", line: "contacts" },
  { golden: "verify", as: "alice", line: "verify bob" },
  { golden: "trust", as: "alice", line: "trust bob" },
  { golden: "keys_server_show", as: "carol", line: "keys server show --keys $SERVER/keys" },
  {
    golden: "admin_verify",
    as: "carol",
    line: "admin backup b.db --data $SERVER/data && mailctl admin verify b.db",
  },
  { golden: "users", as: "alice", line: "users bob" },
  { golden: "admin_invite", as: "carol", line: "admin invite --data $SERVER/data --uses 2" },
  { golden: "admin_invites", as: "carol", line: "admin invites --data $SERVER/data" },
  {
    golden: "admin_invites_revoke",
    as: "carol",
    line:
      "admin invites revoke --data $SERVER/data $(mailctl admin invites --data $SERVER/data | cut -f1)",
  },
  { golden: "admin_disable", as: "carol", line: "admin disable bob --data $SERVER/data" },
  { golden: "admin_show", as: "carol", line: "admin show bob --data $SERVER/data" },
  { golden: "admin_enable", as: "carol", line: "admin enable bob --data $SERVER/data" },
  { golden: "admin_quota", as: "carol", line: "admin quota bob --bytes 100M --data $SERVER/data" },
  { golden: "admin_users", as: "carol", line: "admin users --data $SERVER/data" },
  {
    golden: "admin_import",
    as: "carol",
    line: "admin import - --data $SERVER/data",
    stdin: '{"dave":"the password of dave"}',
  },
  { golden: "admin_stats", as: "carol", line: "admin stats --data $SERVER/data" },
  { golden: "delete", as: "alice", line: "delete 4 3 4" },
  {
    golden: "send-partial",
    as: "alice",
    line: "send bob nobody --partial -s Both -m x 2> /dev/null",
    status: 67,
  },
  { golden: "inbox-returned", as: "alice", line: "inbox -n 1" },
  {
    golden: "send-read",
    as: "bob",
    line: "send bob --key own -m x > /dev/null && mailctl read $(mailctl inbox -n 1 | cut -f 1) " +
      "> /dev/null && mailctl send bob --key own -m x --wait read",
  },
  { golden: "send-held", as: "alice", line: "send bob --hold 1h -s Later -m x" },
  { golden: "sent-held", as: "alice", line: "sent -n 1" },
  { golden: "cancel", as: "alice", line: "cancel $(mailctl sent -n 1 | cut -f 1)" },
  { golden: "sent-cancelled", as: "alice", line: "sent -n 1" },
  { golden: "send-burn", as: "alice", line: "send bob --burn -s Once -m x" },
  { golden: "inbox-burn", as: "bob", line: "inbox -n 1" },
  { golden: "passwd", as: "carol", line: "passwd --user carol" },
  {
    golden: "app-password_create",
    as: "carol",
    line: "app-password create Scanner --scope smtp --user carol",
  },
  { golden: "app-password_list", as: "carol", line: "app-password list --user carol" },
  {
    golden: "app-password_revoke",
    as: "carol",
    line: "app-password revoke Scanner --user carol",
  },
  { golden: "account_recovery", as: "carol", line: "account recovery --user carol" },
  {
    golden: "account_recovery-revoke",
    as: "carol",
    line: "account recovery --user carol --revoke",
  },
  {
    golden: "account_recover",
    as: "carol",
    line: "account recovery --user carol > code && chmod 600 code && " +
      "mailctl account recover carol --code-file code",
  },
  { golden: "keys_rotate", as: "carol", line: "keys rotate --user carol" },
  { golden: "keys_export", as: "carol", line: "keys export --user carol" },
  {
    golden: "keys_export-file",
    as: "carol",
    line: "keys export --user dave --password-stdin -o dave.age",
    stdin: "the password of dave",
  },
  { golden: "keys_import", as: "carol", line: "keys import dave.age --user carol" },
  { golden: "account_delete", as: "carol", line: "account delete --yes --user carol" },
  { golden: "admin_remove", as: "carol", line: "admin remove dave --yes --data $SERVER/data" },
  {
    golden: "import",
    as: "alice",
    line: "import --format mbox -",
    stdin: "From a@x.test Sat Nov 21 09:05:00 2026\nSubject: x\n\ny\n",
  },
  { golden: "error", as: "alice", line: "read 4", status: 66 },
  { golden: "error-usage", as: "alice", line: "read", status: 64 },
  { golden: "error-after-data", as: "alice", line: "read 5 4", status: 66 },
];

function schemaOf(golden: string): string {
  const [, name = ""] = /^((?:app-)?[^-]*)/.exec(golden)!; // a hyphen is part of one name
  return name.replaceAll("_", " ");
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

  for (const { golden, as, line, stdin, status = 0 } of cases) {
    await t.step(golden, async () => {
      const seen = await homes[as].shell(`mailctl ${line} --json`, { stdin });
      assert.equal(seen.status, status, seen.err + seen.out);
      const value = JSON.parse(seen.err || seen.out);
      assert.deepEqual(schemaErrors(findSchema(schemaOf(golden))!, value), []);
      await holdToGolden(golden, value);
    });
  }
});

Deno.test("every schema has a golden file, and every golden file a case", () => {
  const names = cases.map(({ golden }) => golden);
  assert.deepEqual(goldenNames().sort(), names.toSorted());
  for (const name of schemaNames) assert.ok(names.map(schemaOf).includes(name), name);
});
