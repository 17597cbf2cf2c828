/** POP3 as a conversation: what programs say and hear, and what stays in the mailbox. */
import assert from "node:assert/strict";
import { MailError } from "../../src/model/errors.ts";
import { dialListener, listenerHere, startTls, testIdentity } from "../support/listener_here.ts";
import { MailProgram } from "../support/mail_program.ts";
import { Pop3Stage } from "../support/pop3_stage.ts";

const texts = ["A: 1\r\n\r\none\r\n", "A: 2\r\n\r\ntwo\r\n.\r\nthree\r\n", "A: 3\r\n\r\n"];

const conversations: Readonly<Record<string, readonly (readonly [said: string, heard: string])[]>> =
  {
    "counts, sizes and ids": [
      ["STAT", "+OK 3 44"],
      ["LIST", "+OK\r\n1 13\r\n2 23\r\n3 8\r\n."],
      ["LIST 2", "+OK 2 23"],
      ["UIDL", "+OK\r\n1 u13\r\n2 u23\r\n3 u8\r\n."],
      ["uidl 3", "+OK 3 u8"],
      ["LIST 4", "-ERR There is no such message"],
      ["LIST 0", "-ERR There is no such message"],
      ["LIST -1", "-ERR There is no such message"],
      ["LIST 1e0", "-ERR There is no such message"],
    ],
    "messages and their tops": [
      ["RETR 1", "+OK\r\nA: 1\r\n\r\none\r\n."],
      ["RETR 2", "+OK\r\nA: 2\r\n\r\ntwo\r\n..\r\nthree\r\n."],
      ["TOP 2 1", "+OK\r\nA: 2\r\n\r\ntwo\r\n."],
      ["TOP 2 0", "+OK\r\nA: 2\r\n\r\n."],
      ["TOP 2", "-ERR Write TOP NUMBER LINES"],
      ["RETR", "-ERR There is no such message"],
    ],
    "what was deleted is gone for this session, and RSET brings it back": [
      ["DELE 1", "+OK Deleted at QUIT"],
      ["DELE 1", "-ERR There is no such message"],
      ["RETR 1", "-ERR There is no such message"],
      ["STAT", "+OK 2 31"],
      ["LIST", "+OK\r\n2 23\r\n3 8\r\n."],
      ["RSET", "+OK 3 messages"],
      ["STAT", "+OK 3 44"],
    ],
    "what has no place here": [
      ["USER alice", "-ERR Not now"],
      ["PASS secret word", "-ERR Not now"],
      ["STLS", "-ERR Not now"],
      ["APOP alice x", "-ERR Not now"],
      ["XTND", "-ERR There is no such command"],
      ["constructor", "-ERR There is no such command"],
      ["NOOP", "+OK"],
    ],
  };

for (const [name, conversation] of Object.entries(conversations)) {
  for (const maxReadBytes of [1, 65_536]) {
    Deno.test(`${name}: pipelined, ${maxReadBytes} bytes at once`, async () => {
      const stage = new Pop3Stage(texts);
      const program = await stage.login({ maxReadBytes });
      await program.say(conversation.map(([said]) => `${said}\r\n`).join(""));
      for (const [said, heard] of conversation) {
        for (const line of heard.split("\r\n")) assert.equal(await program.line(), line, said);
      }
      program.close();
      await stage.over();
      assert.deepEqual([stage.texts, stage.isOpen, stage.defects], [texts, false, []]);
    });
  }
}

Deno.test("QUIT deletes, and only then", async () => {
  const stage = new Pop3Stage(texts);
  const dropped = await stage.login();
  await dropped.talk([["DELE 1", "+OK"], ["DELE 2", "+OK"]]);
  dropped.close();
  await stage.over();
  assert.deepEqual(stage.texts, texts);
  const program = await stage.login();
  await program.talk([["DELE 1", "+OK"], ["DELE 3", "+OK"], ["QUIT", "+OK 2 deleted"]]);
  assert.equal(await program.line(), null);
  assert.deepEqual(stage.texts, [texts[1]]);
});

Deno.test("a deletion that fails is told, as what may be done in part", async () => {
  const stage = new Pop3Stage(texts);
  const program = await stage.login();
  await program.talk([["DELE 1", "+OK"]]);
  stage.failure = new MailError("unavailable", "Cannot reach it");
  await program.talk([[
    "QUIT",
    "-ERR [SYS/TEMP] Cannot reach it; some deleted messages not removed",
  ]]);
  assert.deepEqual([stage.texts, stage.isOpen], [texts, false]);
});

Deno.test("one program has the mailbox at a time", async () => {
  const stage = new Pop3Stage(texts);
  const first = await stage.login();
  const second = await stage.connect();
  await second.talk([["USER alice", "+OK"], ["PASS secret word", "-ERR [IN-USE]"]]);
  await first.talk([["QUIT", "+OK"]]);
  await second.talk([["USER alice", "+OK"], ["PASS secret word", "+OK 3 messages"]]);
  second.close();
});

Deno.test("before the password nothing is told, and three wrong ones are the last", async () => {
  const stage = new Pop3Stage(texts);
  const program = await stage.connect();
  await program.talk([
    ["STAT", "-ERR Not now"],
    ["RETR 1", "-ERR Not now"],
    ["PASS secret word", "-ERR Send USER first"],
    ["USER alice", "+OK"],
    ["PASS wrong", "-ERR [AUTH]"],
    ["PASS secret word", "-ERR Send USER first"],
    [`AUTH PLAIN ${btoa("\0bob\0secret word")}`, "-ERR [AUTH]"],
    ["AUTH CRAM-MD5", "-ERR Use one of SCRAM-SHA-256 PLAIN"],
    ["AUTH PLAIN", "+ "],
    ["*", "-ERR Cancelled"],
    ["AUTH PLAIN", "+ "],
    ["%%%", "-ERR Usage"],
    ["AUTH PLAIN", "+ "],
    [btoa("\0alice\0wrong"), "-ERR [AUTH]"],
  ]);
  assert.equal(await program.line(), null);
});

Deno.test("SASL PLAIN opens the mailbox, at once and after a challenge", async () => {
  const stage = new Pop3Stage(texts);
  for (const lines of [["AUTH PLAIN ="], ["AUTH PLAIN", "="]]) {
    const program = await stage.connect();
    const said = lines.map((line) => line.replace("=", btoa("\0alice\0secret word")));
    for (const line of said.slice(0, -1)) assert.equal(await program.ask(line), "+ ");
    assert.equal(await program.ask(said.at(-1)!), "+OK 3 messages");
    await program.ask("QUIT");
    await stage.over();
  }
});

Deno.test("SASL PLAIN opens nobody's mailbox in the name of somebody else", async () => {
  const stage = new Pop3Stage(texts);
  for (const [actingAs, reply] of [["bob", "-ERR [AUTH]"], ["alice@mail.test", "+OK 3"]] as const) {
    const program = await stage.connect();
    await program.talk([[`AUTH PLAIN ${btoa(`${actingAs}\0alice\0secret word`)}`, reply]]);
    await program.ask("QUIT");
    await stage.over();
  }
});

const failures: readonly (readonly [failure: unknown, heard: string, defects: number])[] = [
  [new MailError("unavailable", "Cannot reach it"), "-ERR [SYS/TEMP] Cannot reach it", 0],
  [new MailError("denied", "Cannot log in"), "-ERR [SYS/PERM] Cannot log in", 0],
  [
    new MailError("no_such_message", "Cannot find ü\r\n+OK"),
    "-ERR [SYS/PERM] Cannot find ???+OK",
    0,
  ],
  [new TypeError("secret"), "-ERR [SYS/TEMP] Cannot continue", 1],
];

for (const [failure, heard, defects] of failures) {
  Deno.test(`a message that cannot be had: ${heard}`, async () => {
    const stage = new Pop3Stage(texts);
    const program = await stage.login();
    stage.failure = failure;
    assert.equal(await program.ask("RETR 1"), heard);
    stage.failure = null;
    await program.say("RETR 3\r\nQUIT\r\n");
    assert.equal(await program.rest(), `+OK\r\n${texts[2]}.\r\n+OK 0 deleted\r\n`);
    assert.deepEqual([stage.defects.length, stage.fetched], [defects, [texts[2]]]);
  });
}

Deno.test("a message that breaks off ends the connection, and was not fetched", async () => {
  const stage = new Pop3Stage(texts);
  const program = await stage.login();
  stage.cut = new MailError("bad_signature", "Cannot show the body");
  await program.say("DELE 2\r\nRETR 1\r\nQUIT\r\n");
  assert.doesNotMatch(await program.rest(), /\r\n\.\r\n/);
  await stage.over();
  assert.deepEqual([stage.fetched, stage.texts, stage.isOpen], [[], texts, false]);
});

for (const said of ["GET / HTTP/1.1", "POST / HTTP/1.1", "Host: 127.0.0.1", "x".repeat(9000)]) {
  Deno.test(`no page in a browser speaks POP3: ${said.slice(0, 20)}`, async () => {
    const stage = new Pop3Stage(texts);
    const program = await stage.connect();
    await program.say(`${said}\r\nUSER alice\r\nPASS secret word\r\n`).catch(() => {});
    assert.match(await program.rest(), /^-ERR [^\r]*\r\n$/);
  });
}

Deno.test("who is refused again and again is cut off", async () => {
  const stage = new Pop3Stage(texts);
  const program = await stage.connect();
  await program.say("STAT\r\n".repeat(100));
  assert.equal((await program.rest()).match(/-ERR/g)?.length, 20);
});

Deno.test("STLS: capabilities are there, and what was said ahead does not count inside", async () => {
  const { pem, identity } = await testIdentity();
  const stage = new Pop3Stage(texts, identity);
  using listener = listenerHere((connection) => stage.speak(connection));
  const { connection, socket } = await dialListener(listener);
  const plain = new MailProgram(connection);
  await plain.line();
  await plain.say("CAPA\r\n");
  const names: string[] = [];
  for (let line = await plain.line(); line !== "."; line = await plain.line()) names.push(line!);
  assert.ok(
    names.includes("STLS") && names.includes("SASL SCRAM-SHA-256 PLAIN") &&
      names.includes("PIPELINING"),
  );
  await plain.say("STLS\r\nUSER alice\r\n");
  assert.equal(await plain.line(), "+OK Begin TLS");
  const program = new MailProgram(await startTls(socket, pem));
  await program.talk([
    ["PASS secret word", "-ERR Send USER first"],
    ["STLS", "-ERR TLS is not available"],
    ["USER alice", "+OK"],
    ["PASS secret word", "+OK 3 messages"],
    ["QUIT", "+OK"],
  ]);
  program.close();
});
