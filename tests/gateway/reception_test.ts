/** Mail from programs and from the world, taken by a server: sealed to its readers, byte for byte, with its origin. */
import assert from "node:assert/strict";
import { ReceptionStage } from "../support/reception_stage.ts";
import { asAccountName } from "../../src/model/address.ts";

const message = "From: Carol <carol@world.test>\r\nTo: bob@mail.test\r\nSubject: Numbers\r\n" +
  "Message-ID: <1@world.test>\r\nDate: Fri, 02 Jan 2026 03:00:00 +0000\r\n\r\n1\r\n2\r\n";

const begin = [
  ["MAIL FROM:<carol@world.test>", "250 2.1.0"],
  ["RCPT TO:<bob@mail.test>", "250 2.1.5"],
  ["DATA", "354"],
] as const;

Deno.test("mail from the world is sealed to its reader, with its origin, byte for byte behind the trace", async () => {
  await using stage = await ReceptionStage.start();
  const bob = await stage.join("bob");
  const program = await stage.connect({ address: "2001:db8::1" });
  await program.talk([...begin, [`${message}.`, "250 2.6.0 Encrypted and stored"]]);
  const [{ envelope, text }] = await stage.inbox(bob) as [
    Awaited<ReturnType<typeof stage.inbox>>[0],
  ];
  assert.deepEqual(envelope.origin, {
    kind: "smtp",
    account: null,
    sender: "carol@world.test",
    host: "client.test",
    address: "2001:db8::1",
    arrivedAt: 1_767_323_045_000,
  });
  const { from, to, subject, messageId, importer } = envelope;
  assert.deepEqual([from, to, subject, messageId, importer], [
    "carol@world.test",
    ["bob@mail.test"],
    "Numbers",
    "1@world.test",
    null,
  ]);
  assert.ok(text.endsWith(`\r\n${message}`));
  const trace = text.slice(0, -message.length).replace(/id \w+/, "id X");
  assert.equal(
    trace.replaceAll("\r\n ", " "),
    "Return-Path: <carol@world.test>\r\n" +
      "Received: from client.test ([IPv6:2001:db8::1]) by mail.test with ESMTPS id X" +
      " for <bob@mail.test>; Fri, 02 Jan 2026 03:04:05 +0000\r\n",
  );
});

Deno.test("one message goes to several accounts once each, and its trace names none of them", async () => {
  await using stage = await ReceptionStage.start({ postmaster: asAccountName("alice") });
  const [alice, bob] = [await stage.join("alice"), await stage.join("bob")];
  const program = await stage.connect();
  await program.talk([
    ["MAIL FROM:<> BODY=8BITMIME", "250"],
    ["RCPT TO:<Bob@MAIL.test>", "250"],
    ["RCPT TO:<alice@mail.test>", "250"],
    ["RCPT TO:<postmaster>", "250"],
    ["RCPT TO:<PostMaster@mail.test>", "250"],
    ["RCPT TO:<@relay.test:bob@mail.test>", "250"],
    ["DATA", "354"],
    ["Subject: x\r\n\r\nb\xf6\r\n.", "250 2.6.0 Encrypted and stored for 2 "],
  ]);
  for (const owner of [alice, bob]) {
    const [only, ...more] = await stage.inbox(owner);
    assert.deepEqual(more, []);
    assert.match(only!.text, /^Return-Path: <>\r\nReceived: /);
    assert.doesNotMatch(only!.text, / for /);
    assert.ok(only!.text.endsWith("b\xf6\r\n"));
    assert.equal(only!.envelope.messageId.endsWith("@content.invalid"), true);
  }
});

const openHeaders: readonly (readonly [name: string, given: string, stored: string])[] = [
  [
    "text that begins like a field",
    "CRITICAL: host7 down\r\nsince noon\r\n",
    "CRITICAL: host7 down\r\n\r\nsince noon\r\n",
  ],
  [
    "text behind a field",
    "Subject: alarm\r\nDisk full\r\nUser: bob\r\n",
    "Subject: alarm\r\n\r\nDisk full\r\nUser: bob\r\n",
  ],
  ["text that begins with a blank", " Disk full\r\n", "\r\n Disk full\r\n"],
  [
    "a claim behind text",
    "Disk full\r\nFrom: bob@mail.test\r\n",
    "\r\nDisk full\r\nFrom: bob@mail.test\r\n",
  ],
];

for (const [name, given, stored] of openHeaders) {
  Deno.test(`what is text is no header, though the blank line is missing: ${name}`, async () => {
    await using stage = await ReceptionStage.start();
    const bob = await stage.join("bob");
    const program = await stage.connect();
    await program.talk([...begin, [`${given}.`, "250 2.6.0 Encrypted and stored"]]);
    const [{ text, envelope }] = await stage.inbox(bob) as [
      Awaited<ReturnType<typeof stage.inbox>>[0],
    ];
    assert.ok(text.endsWith(`\r\nFrom: <carol@world.test>\r\n${stored}`), text);
    assert.equal(envelope.from, "carol@world.test");
  });
}

const authorless: readonly (readonly [sender: string, header: string, shown: string])[] = [
  ["carol@world.test", "Subject: x", "carol@world.test"],
  ["carol@world.test", "From:\r\nSubject: x", "carol@world.test"],
  ["carol@world.test", "", "carol@world.test"],
  ['"a> b"@world.test', "Subject: x", "?a??b?@world.test"],
  ["", "Subject: x", ""],
];

for (const [sender, header, shown] of authorless) {
  Deno.test(`mail from <${sender}> with ${JSON.stringify(header)} is shown as from ${shown}`, async () => {
    await using stage = await ReceptionStage.start();
    const bob = await stage.join("bob");
    const program = await stage.connect();
    await program.talk([
      [`MAIL FROM:<${sender}>`, "250"],
      ["RCPT TO:<bob>", "250"],
      ["DATA", "354"],
      [`${header}\r\n\r\nx\r\n.`, "250"],
    ]);
    const { envelope, text } = (await stage.inbox(bob)).at(-1)!;
    assert.equal(envelope.from, shown);
    assert.ok(text.endsWith(`${header}\r\n\r\nx\r\n`));
  });
}

Deno.test("what an account hands over is shown as from its login", async () => {
  await using stage = await ReceptionStage.start();
  const [alice, bob] = [await stage.join("alice"), await stage.join("bob")];
  const login = await stage.appPassword(alice);
  for (const how of [`AUTH PLAIN ${login}`, "AUTH LOGIN"]) {
    const program = await stage.connect();
    const [, name, password] = atob(login).split("\0");
    if (how === "AUTH LOGIN") {
      await program.talk([
        [how, "334 VXNlcm5hbWU6"],
        [btoa(`${name}@mail.test`), "334 UGFzc3dvcmQ6"],
        [btoa(password!.toUpperCase()), "235 2.7.0"],
      ]);
    } else await program.talk([[how, "235 2.7.0"]]);
    await program.talk([
      ["MAIL FROM:<alice@mail.test>", "250"],
      ["RCPT TO:<bob>", "250"],
      ["DATA", "354"],
      ["From: Alice's scanner <ALICE@mail.test>\r\n\r\nx\r\n.", "250"],
    ]);
    const { envelope, text } = (await stage.inbox(bob)).at(-1)!;
    assert.equal(envelope.origin.kind === "smtp" && envelope.origin.account, "alice@mail.test");
    assert.match(text, /with ESMTPSA/);
  }
});

Deno.test("a device that is named by its address may be, and by another's may not", async () => {
  await using stage = await ReceptionStage.start();
  const [alice] = [await stage.join("alice"), await stage.join("bob")];
  const program = await stage.connect();
  await program.talk([[`AUTH PLAIN ${await stage.appPassword(alice)}`, "235"]]);
  for (const [name, reply] of [["alice@mail.test", "250"], ["bob@mail.test", "550 5.7.1"]]) {
    await program.talk([
      ["MAIL FROM:<alice@mail.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
      [`From: ${name} <alice@mail.test>\r\n\r\nx\r\n.`, reply!],
    ]);
  }
});

Deno.test("nothing but a login or a plain program of this machine gets by without TLS", async () => {
  await using stage = await ReceptionStage.start();
  const alice = await stage.join("alice");
  const login = await stage.appPassword(alice);
  const far = await stage.connect({ secure: false });
  await far.talk([
    [`AUTH PLAIN ${login}`, "538 5.7.0"],
    ["MAIL FROM:<carol@world.test>", "530 5.7.0"],
    ["RCPT TO:<alice@mail.test>", "503"],
  ]);
  assert.doesNotMatch((await far.ask("EHLO x"))!, /AUTH/);
  await using local = await ReceptionStage.start({ allowsPlainLocal: true });
  await local.join("alice");
  for (const [address, reply] of [["192.0.2.1", "530"], ["127.0.0.1", "250"], ["::1", "250"]]) {
    const program = await local.connect({ secure: false, address: address! });
    await program.talk([["MAIL FROM:<carol@world.test>", reply!]]);
    assert.doesNotMatch((await program.ask("EHLO x"))!, /AUTH/);
  }
});

Deno.test("the address for logins takes nothing without one", async () => {
  await using stage = await ReceptionStage.start({ requiresLogin: true });
  const alice = await stage.join("alice");
  const login = await stage.appPassword(alice);
  const program = await stage.connect();
  await program.talk([
    ["MAIL FROM:<carol@world.test>", "530"],
    [`AUTH PLAIN ${login}`, "235"],
    ["MAIL FROM:<alice@mail.test>", "250"],
  ]);
});

Deno.test("PING, GETUSER and REG are not offered unless they are asked for, at either address", async () => {
  for (const requiresLogin of [false, true]) {
    await using stage = await ReceptionStage.start({ requiresLogin });
    const alice = await stage.join("alice");
    const program = await stage.connect();
    const refused = [["PING", "502 5.5.1"], ["GETUSER alice", "502 5.5.1"]] as const;
    await program.talk([...refused, ["REG dave correct horse battery", "502 5.5.1"]]);
    await program.talk([[`AUTH PLAIN ${await stage.appPassword(alice)}`, "235"], ...refused]);
    assert.equal(await stage.server.store.findAccount(asAccountName("dave")), null);
  }
});

Deno.test("with --smtp-legacy PING, GETUSER and REG answer those who were written for them", async () => {
  await using stage = await ReceptionStage.start({ allowsLegacy: true });
  const alice = await stage.join("alice");
  const login = await stage.appPassword(alice);
  const program = await stage.connect();
  const plain = await stage.connect({ secure: false });
  await plain.talk([["REG dave correct horse battery", "530"], ["GETUSER alice", "530"]]);
  await program.talk([["PING", "259 "], ["ping", "259 "], ["GETUSER alice", "530 5.7.0"]]);
  await program.talk([
    ["REG dave", "554"],
    ["REG dave short", "554"],
    ["REG alice correct horse battery", "554 5.3.0"],
    ["REG postmaster correct horse battery", "554 5.3.0"],
    ["REG dave@else.test correct horse battery", "554"],
    ["REG dave correct horse battery", "253 dave@mail.test"],
    [`AUTH PLAIN ${login}`, "235"],
  ]);
  const dave = (await stage.server.store.findAccount(asAccountName("dave")))!;
  assert.equal(await program.ask("GETUSER Dave"), `255 ${dave.id}`);
  assert.equal(await program.ask("GETUSER alice@mail.test"), `255 ${alice.account.id}`);
  for (const nobody of ["nobody", "alice@else.test", "a b", ""]) {
    assert.equal(await program.ask(`GETUSER ${nobody}`), "255 -1");
  }
});

Deno.test("REG makes no account where registration is not open", async () => {
  for (const registration of ["invite", "closed"] as const) {
    await using stage = await ReceptionStage.start({ allowsLegacy: true }, { registration });
    const program = await stage.connect();
    await program.talk([["REG dave correct horse battery", "550 5.7.1"]]);
    assert.equal(await stage.server.store.findAccount(asAccountName("dave")), null);
  }
});

Deno.test("a full mailbox is told at RCPT, and what never fits by the size that was announced", async () => {
  await using stage = await ReceptionStage.start({}, {
    quota: { maxBytes: 100_000, maxMessages: 1 },
  });
  const bob = await stage.join("bob");
  const program = await stage.connect();
  await program.talk([
    ["MAIL FROM:<c@world.test> SIZE=100001", "250"],
    ["RCPT TO:<bob@mail.test>", "552 5.3.4"],
    ["RSET", "250"],
    ...begin,
  ]);
  await program.say(`Subject: x\r\n\r\n${`${"x".repeat(98)}\r\n`.repeat(1500)}.\r\n`);
  assert.match((await program.reply())!, /^552 5\.3\.4 Cannot send to bob/);
  await program.talk([...begin, [`${message}.`, "250"], begin[0], ["RCPT TO:<bob>", "452 4.2.2"]]);
  assert.equal((await stage.inbox(bob)).length, 1);
});

Deno.test("the limit on content is the one of the server, as base 64 too", async () => {
  const maxMessageBytes = 100_000;
  await using stage = await ReceptionStage.start({}, { maxMessageBytes });
  const bob = await stage.join("bob");
  const program = await stage.connect();
  const size = Number(/SIZE (\d+)/.exec((await program.ask("EHLO x"))!)![1]);
  assert.ok(size > maxMessageBytes * 78 / 57);
  const header = "Subject: x\r\n\r\n";
  const filling = (bytes: number) => {
    const lines = Math.floor(bytes / 100);
    return `${"x".repeat(98)}\r\n`.repeat(lines) +
      (bytes % 100 < 2 ? "" : `${"y".repeat(bytes % 100 - 2)}\r\n`);
  };
  const exact = header + filling(size - header.length);
  const room = size - exact.length;
  const whole = exact.replace(header, `Subject: ${"x".repeat(1 + room)}\r\n\r\n`);
  assert.equal(whole.length, size);
  await program.talk([
    [`MAIL FROM:<c@world.test> SIZE=${size + 1}`, "552 5.3.4"],
    ...begin,
  ]);
  await program.say(`${whole.replace("Subject: ", "Subject: x")}.\r\n`);
  assert.match((await program.reply())!, /^552 5\.3\.4 /);
  await program.talk([...begin]);
  await program.say(`${whole}.\r\n`);
  assert.match((await program.reply())!, /^250 /);
  const [arrived, ...more] = await stage.inbox(bob);
  assert.ok(arrived!.text.endsWith(whole) && more.length === 0);
});

Deno.test("a closing server lets the message that is under way come to its end, and no other", async () => {
  await using stage = await ReceptionStage.start();
  const bob = await stage.join("bob");
  const [idle, busy] = [await stage.connect(), await stage.connect()];
  await busy.talk([...begin]);
  const closing = stage.smtp.finish();
  assert.equal(await idle.reply(), "421 4.3.2 The server is closing");
  await busy.say(`${message}.\r\n`);
  assert.match(await busy.rest(), /^250 2\.6\.0 .*\r\n421 4\.3\.2 The server is closing\r\n$/);
  await closing;
  assert.equal((await stage.inbox(bob)).length, 1);
});
