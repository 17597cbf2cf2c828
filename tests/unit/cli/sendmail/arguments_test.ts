/** Command lines of sendmail, as programs of today write them; the first ones were recorded. */
import assert from "node:assert/strict";
import { parseSendmailArguments } from "../../../../src/cli/sendmail/arguments.ts";

const plain = parseSendmailArguments([]);

const calls: readonly (readonly [line: string, query: Partial<typeof plain>])[] = [
  ["-FCronDaemon -i -B8BITMIME -oem alice", { // cron 3.0pl1 of Debian 12
    name: "CronDaemon",
    dotEnds: false,
    keepsFailed: true,
    recipients: ["alice"],
  }],
  ["-i bob@mail.test carol dave", { // git send-email 2.39.5
    dotEnds: false,
    recipients: ["bob@mail.test", "carol", "dave"],
  }],
  ["-i -f alice@mail.test -- bob@mail.test", { // s-nail 14.9.24 with -r
    dotEnds: false,
    recipients: ["bob@mail.test"],
  }],
  ["", {}],
  ["-t", { readsRecipients: true }],
  ["-ti", { readsRecipients: true, dotEnds: false }],
  ["-oi -oem -odi -t", { readsRecipients: true, dotEnds: false, keepsFailed: true }],
  ["-o i -o em bob", { dotEnds: false, keepsFailed: true, recipients: ["bob"] }],
  ["-em -ep bob", { recipients: ["bob"] }],
  ["-bm bob", { recipients: ["bob"] }],
  ["-b m bob", { recipients: ["bob"] }],
  ["-bp", { mode: "list" }],
  ["-bs", { mode: "smtp" }],
  ["-q", { mode: "flush" }],
  ["-q30m", { mode: "flush" }],
  ["--help", { mode: "help" }],
  ["-odq bob", { onlyQueues: true, recipients: ["bob"] }],
  ["-odq -odi", {}],
  ["-f root -F Daemon -r x bob", { name: "Daemon", recipients: ["bob"] }],
  ["-fbob -N never -R hdrs -V id -X log -p smtp -h 3 bob", { recipients: ["bob"] }],
  ["-O IgnoreDots=true -OQueueDirectory=/x bob", { dotEnds: false, recipients: ["bob"] }],
  ["-d21.5 -G -U -x -n -m -s -vv bob", { isVerbose: true, recipients: ["bob"] }],
  ["-- -t --help -", { recipients: ["-t", "--help", "-"] }],
  ["--user bob --server=x:1 --password-file f --unknown --other=1 eve", {
    user: "bob",
    server: "x:1",
    passwordFile: "f",
    recipients: ["eve"],
  }],
];

for (const [line, query] of calls) {
  Deno.test(`sendmail ${line}`, () => {
    const args = line === "" ? [] : line.split(" ");
    assert.deepEqual(parseSendmailArguments(args), { ...plain, ...query });
  });
}

for (const line of ["-bd", "-bt", "-bv", "-bi", "-f", "-t -F", "--user", "-b"]) {
  Deno.test(`sendmail ${line} is refused`, () => {
    assert.throws(() => parseSendmailArguments(line.split(" ")), { code: "usage" });
  });
}
