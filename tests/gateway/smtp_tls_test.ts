/** STARTTLS and implicit TLS over real sockets; nothing said in the clear counts inside. */
import assert from "node:assert/strict";
import { dialListener, listenerHere, startTls, testIdentity } from "../support/listener_here.ts";
import { MailProgram } from "../support/mail_program.ts";
import { SmtpStage } from "../support/smtp_stage.ts";

const login = `AUTH PLAIN ${btoa("\0alice\0secret")}`;

Deno.test("a message goes through STARTTLS", async () => {
  const { pem, identity } = await testIdentity();
  const stage = new SmtpStage({ requiresLogin: true }, identity);
  using listener = listenerHere((connection) => stage.server.speak(connection));
  const { connection, socket } = await dialListener(listener);
  const plain = new MailProgram(connection);
  assert.match((await plain.reply())!, /^220 /);
  assert.match((await plain.ask("EHLO x"))!, /\n250-STARTTLS\n/);
  await plain.talk([[login, "235"], ["STARTTLS", "220"]]);
  const program = new MailProgram(await startTls(socket, pem));
  await program.talk([["MAIL FROM:<alice@mail.test>", "503"]]); // the greeting and the login are forgotten
  assert.doesNotMatch((await program.ask("EHLO x"))!, /STARTTLS/);
  const body = `${"x".repeat(1000)}\r\n`.repeat(500);
  await program.talk([
    ["MAIL FROM:<alice@mail.test>", "530"],
    [login, "235"],
    ["MAIL FROM:<alice@mail.test>", "250"],
    ["RCPT TO:<bob>", "250"],
    ["DATA", "354"],
    [`${body}.`, "250"],
    ["QUIT", "221"],
  ]);
  assert.equal(stage.taken[0]?.text, body);
  program.close();
});

Deno.test("commands put behind STARTTLS are not carried out inside", async () => {
  const { pem, identity } = await testIdentity();
  const stage = new SmtpStage({}, identity);
  using listener = listenerHere((connection) => stage.server.speak(connection));
  const { connection, socket } = await dialListener(listener);
  const plain = new MailProgram(connection);
  await plain.reply();
  await plain.ask("EHLO x");
  await plain.say("STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@mail.test>\r\nRCPT TO:<bob>\r\n");
  assert.equal(await plain.reply(), "220 2.0.0 Ready to start TLS");
  const program = new MailProgram(await startTls(socket, pem));
  await program.talk([["RCPT TO:<bob>", "503"], ["EHLO x", "250"], ["DATA", "503"]]);
  program.close();
});

Deno.test("with TLS first, the greeting is inside", async () => {
  const { pem, identity } = await testIdentity();
  const stage = new SmtpStage({}, identity);
  using listener = listenerHere((connection) => stage.server.speak(connection), {
    implicitTls: identity,
  });
  const { socket } = await dialListener(listener);
  const program = new MailProgram(await startTls(socket, pem));
  assert.match((await program.reply())!, /^220 /);
  assert.doesNotMatch((await program.ask("EHLO x"))!, /STARTTLS/);
  await program.talk([["STARTTLS", "503"], ["QUIT", "221"]]);
  program.close();
});

Deno.test("a handshake that fails ends one connection and nothing else", async () => {
  const { identity } = await testIdentity();
  const stage = new SmtpStage({}, identity);
  using listener = listenerHere((connection) => stage.server.speak(connection));
  const { connection } = await dialListener(listener);
  const plain = new MailProgram(connection);
  await plain.reply();
  await plain.talk([["EHLO x", "250"], ["STARTTLS", "220"]]);
  await plain.say("this is no TLS\r\n".repeat(10));
  await plain.rest();
  plain.close();
  const next = new MailProgram((await dialListener(listener)).connection);
  assert.match((await next.reply())!, /^220 /);
  next.close();
});

Deno.test("one connection too many is told so", async () => {
  const stage = new SmtpStage();
  using listener = listenerHere((connection) => stage.server.speak(connection), { most: 2 });
  const programs = [];
  for (let count = 0; count < 3; count++) {
    programs.push(new MailProgram((await dialListener(listener)).connection));
  }
  const greetings = await Promise.all(programs.map((program) => program.reply()));
  assert.deepEqual(greetings.map((greeting) => greeting!.slice(0, 3)).sort(), [
    "220",
    "220",
    "421",
  ]);
  for (const program of programs) program.close();
});
