/** Notices of delivery (RFC 3461) where a server takes mail: who gets one, what it says, and how it may be asked for. */
import assert from "node:assert/strict";
import { type Arrived, ReceptionStage } from "../support/reception_stage.ts";
import { testIdentity } from "../support/listener_here.ts";

const message = "From: Alice <alice@mail.test>\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n\r\nbody\r\n";
const unsigned = message.replace("alice@mail.test", "carol@world.test");

const flags = { "--smtp": false, "--smtp-tls": true };

for (const [flag, requiresLogin] of Object.entries(flags)) {
  Deno.test(`${flag}: an account hears of success, once for each recipient it asked for`, async () => {
    await using stage = await ReceptionStage.start({ requiresLogin });
    const [alice] = [await stage.join("alice"), await stage.join("bob"), await stage.join("carol")];
    const program = await stage.connect();
    await program.talk([
      [`AUTH PLAIN ${await stage.appPassword(alice)}`, "235"],
      ["MAIL FROM:<alice@mail.test> RET=HDRS ENVID=QQ+2B314", "250"],
      ["RCPT TO:<bob@mail.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Robert@mail.test", "250"],
      ["RCPT TO:<carol@mail.test> NOTIFY=FAILURE,DELAY", "250"],
      ["RCPT TO:<alice@mail.test> NOTIFY=NEVER", "250"],
      ["DATA", "354"],
    ]);
    assert.equal(
      await program.ask(`${message}.`),
      "250 2.6.0 Encrypted and stored for 3 of mail.test",
    );
    const [own, { envelope, text }, ...more] = await stage.inbox(alice) as [Arrived, Arrived];
    assert.deepEqual([own.envelope.subject, more], ["Gr\u00fc\u00dfe", []]);
    assert.deepEqual([envelope.from, envelope.to, envelope.subject], [
      "mailer-daemon@mail.test",
      ["alice@mail.test"],
      "Delivered: bob@mail.test",
    ]);
    for (
      const line of [
        "Original-Envelope-Id: QQ+314",
        "Original-Recipient: rfc822;Robert@mail.test",
        "Final-Recipient: rfc822; bob@mail.test",
        "Action: delivered",
        "Status: 2.0.0",
        "Content-Type: text/rfc822-headers",
      ]
    ) assert.ok(text.includes(`\r\n${line}\r\n`), line);
    const [header] = message.split("\r\n\r\n");
    assert.ok(text.includes(`\r\n\r\n${header}\r\n--`));
    assert.doesNotMatch(text, /^body/m);
  });
}

Deno.test("a stranger's message is delivered, no notice is sent, and the reply says so", async () => {
  await using stage = await ReceptionStage.start({ allowsPlainLocal: true });
  const bob = await stage.join("bob");
  const inside = await stage.connect();
  const local = await stage.connect({ secure: false, address: "127.0.0.1" });
  for (const [at, program] of [inside, local].entries()) {
    const asks = async (notify: string, sender = "carol@world.test") => {
      await program.talk([
        [`MAIL FROM:<${sender}> RET=FULL ENVID=1`, "250"],
        [`RCPT TO:<bob@mail.test> ${notify} ORCPT=utf-8;b\xc3\xb6b@mail.test`, "250"],
        ["DATA", "354"],
      ]);
      return await program.ask(`${unsigned}.`);
    };
    const stored = "250 2.6.0 Encrypted and stored for 1 of mail.test";
    assert.equal(await asks("NOTIFY=SUCCESS"), `${stored}; no notice goes to other hosts`);
    assert.equal(await asks("NOTIFY=NEVER"), stored);
    assert.equal(await asks("NOTIFY=FAILURE"), stored);
    assert.equal(await asks("NOTIFY=SUCCESS", ""), stored); // RFC 3461 4.1: nobody asks
    assert.equal((await stage.inbox(bob)).length, 4 * (at + 1));
  }
});

Deno.test("a sender without an address hears of nothing, and what was refused is not asked for", async () => {
  await using stage = await ReceptionStage.start();
  const [alice] = [await stage.join("alice"), await stage.join("bob")];
  const program = await stage.connect();
  const tail = [
    ["RCPT TO:<bob@mail.test> NOTIFY=SUCCESS", "250"],
    ["DATA", "354"],
    [`${message}.`, "250"],
  ] as const;
  await program.talk([
    [`AUTH PLAIN ${await stage.appPassword(alice)}`, "235"],
    ["MAIL FROM:<> ENVID=nobody", "250"],
    ...tail,
    ["MAIL FROM:<carol@world.test> ENVID=refused", "550"],
    ["MAIL FROM:<alice@mail.test>", "250"],
    ["RCPT TO:<bob@mail.test> NOTIFY=SUCCESS ORCPT=rfc822;first@mail.test", "250"],
    ...tail,
  ]);
  const [{ text }, ...more] = await stage.inbox(alice) as [Arrived];
  assert.deepEqual(more, []);
  assert.doesNotMatch(text, /^Original-(?:Envelope-Id|Recipient)/m);
});

Deno.test("letters of an original recipient are ASCII in a notice", async () => {
  await using stage = await ReceptionStage.start();
  const [alice] = [await stage.join("alice"), await stage.join("bob")];
  const program = await stage.connect();
  await program.talk([
    [`AUTH PLAIN ${await stage.appPassword(alice)}`, "235"],
    ["MAIL FROM:<alice@mail.test> SMTPUTF8", "250"],
    ["RCPT TO:<bob@mail.test> NOTIFY=SUCCESS ORCPT=utf-8;b\xc3\xb6b@mail.test", "250"],
    ["DATA", "354"],
    [`${message}.`, "250"],
  ]);
  const [{ text }] = await stage.inbox(alice) as [Arrived];
  assert.ok(text.includes("\r\nOriginal-Recipient: utf-8;b\\x{F6}b@mail.test\r\n"));
});

const askedWrongly: readonly (readonly [command: string, reply: string])[] = [
  ["MAIL RET=", "501"],
  ["MAIL RET=NONE", "501"],
  ["MAIL RET=FULL RET=FULL", "501"],
  ["MAIL ENVID", "501 5.5.4"],
  ["MAIL ENVID=", "501 5.5.4"],
  ["MAIL ENVID=a=b", "501 5.5.4"],
  ["MAIL ENVID=a+b", "501 5.5.4"],
  ["MAIL ENVID=a+2b", "501 5.5.4"],
  ["MAIL ENVID=a+0D+0Ab", "501 5.5.4"],
  ["MAIL ENVID=b\xc3\xb6b", "501 5.5.4"],
  [`MAIL ENVID=${"x".repeat(101)}`, "501 5.5.4"],
  [`MAIL ENVID=${"x".repeat(100)}`, "250"],
  ["MAIL NOTIFY=NEVER", "555"],
  ["MAIL MT-PRIORITY=3", "555"],
  ["RCPT NOTIFY", "501"],
  ["RCPT NOTIFY=", "501"],
  ["RCPT NOTIFY=SOMETIMES", "501"],
  ["RCPT NOTIFY=NEVER,SUCCESS", "501"],
  ["RCPT NOTIFY=SUCCESS,", "501"],
  ["RCPT NOTIFY=SUCCESS NOTIFY=FAILURE", "501"],
  ["RCPT ORCPT=", "501 5.5.4"],
  ["RCPT ORCPT=bob@mail.test", "501 5.5.4"],
  ["RCPT ORCPT=rfc822;", "501 5.5.4"],
  ["RCPT ORCPT=rfc822;b+c3b", "501 5.5.4"],
  ["RCPT ORCPT=rfc822;b\xc3\xb6b@mail.test", "501 5.5.4"],
  ["RCPT ORCPT=rfc822;a+0AB@mail.test", "501 5.5.4"],
  [`RCPT ORCPT=rfc822;${"x".repeat(494)}`, "501 5.5.4"],
  [`RCPT ORCPT=rfc822;${"x".repeat(493)}`, "250"],
  ["RCPT RET=FULL", "555"],
  ["RCPT notify=success,Delay orcpt=RFC822;Bob+2Btag@mail.test", "250"],
];

Deno.test("parameters that are not written as RFC 3461 has it are refused, and the session goes on", async () => {
  for (const requiresLogin of [false, true]) {
    await using stage = await ReceptionStage.start({ requiresLogin });
    const [alice] = [await stage.join("alice"), await stage.join("bob")];
    const login = await stage.appPassword(alice);
    for (const [command, reply] of askedWrongly) {
      const program = await stage.connect();
      await program.talk([[`AUTH PLAIN ${login}`, "235"]]);
      if (command.startsWith("RCPT")) await program.talk([["MAIL FROM:<alice@mail.test>", "250"]]);
      const whole = command.replace("MAIL", "MAIL FROM:<alice@mail.test>")
        .replace(/^RCPT/, "RCPT TO:<bob@mail.test>");
      await program.talk([[whole, reply], ["RSET", "250"], ["MAIL FROM:<alice@mail.test>", "250"]]);
      program.close();
    }
  }
});

Deno.test("EHLO has the same extensions at every flag; AUTH waits for TLS, and STARTTLS does not come twice", async () => {
  const common = ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "SIZE"];
  const { identity } = await testIdentity();
  for (const requiresLogin of [false, true]) {
    for (const secure of [false, true]) {
      if (requiresLogin && !secure) continue; // there TLS comes first
      await using stage = await ReceptionStage.start({ requiresLogin }, {}, identity);
      const program = await stage.connect({ secure });
      const [, ...lines] = (await program.ask("EHLO x"))!.split("\n");
      const names = lines.map((line) => /^250[ -](\S+)/.exec(line)![1]);
      const more = secure ? ["AUTH"] : ["STARTTLS"];
      assert.deepEqual(names.toSorted(), [...common, ...more].toSorted());
      program.close();
    }
  }
});
