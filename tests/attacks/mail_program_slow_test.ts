/** Mail programs that are silent, trickle, or never come to an end: all are cut when their time is up. */
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import { dialListener, listenerHere, testIdentity } from "../support/listener_here.ts";
import { breathe, FakeClock } from "../support/fake_clock.ts";
import { MailProgram } from "../support/mail_program.ts";
import { Pop3Stage } from "../support/pop3_stage.ts";
import { SmtpStage } from "../support/smtp_stage.ts";

const { mailProgramIdleMs, mailProgramLoginMs, mailProgramMessageMs } = limits;

interface Talk {
  readonly program: MailProgram;
  /** Resolves once the other side has ended the connection. */
  readonly over: Promise<unknown>;
}

const login = [["EHLO x", "250"], [`AUTH PLAIN ${btoa("\0alice\0secret")}`, "235"]] as const;

/** Programs that may go on, each at another listener. */
const ways: Readonly<Record<string, () => Promise<Talk>>> = {
  "POP3 of the bridge": async () => {
    const stage = new Pop3Stage(["A: b\r\n\r\n"]);
    return { program: await stage.login(), over: stage.over() };
  },
  "SMTP of the bridge": async () => {
    const stage = new SmtpStage({ requiresLogin: true });
    const program = await stage.connect();
    await program.talk(login);
    return { program, over: stage.over() };
  },
  "serve --smtp": async () => {
    const stage = new SmtpStage();
    return { program: await stage.connect(), over: stage.over() };
  },
};

/** Tells whether something has come to its end, without waiting for it. */
async function isOver(over: Promise<unknown>): Promise<boolean> {
  await breathe();
  return await Promise.race([over.then(() => true), breathe().then(() => false)]);
}

for (const [name, open] of Object.entries(ways)) {
  Deno.test(`${name}: who says nothing is cut, and nobody who says something`, async () => {
    using clock = new FakeClock();
    const { program, over } = await open();
    for (let count = 0; count < 3; count++) {
      await clock.pass(mailProgramIdleMs - 1);
      assert.match((await program.ask("NOOP"))!, /^(?:250|\+OK)/);
    }
    await clock.pass(mailProgramIdleMs - 1);
    assert.equal(await isOver(over), false);
    await clock.pass(1 + limits.lingerMs);
    assert.match(await program.rest(), /^(?:421 4\.4\.2 [^\r]*\r\n)?$/);
    assert.ok(await isOver(over));
  });

  Deno.test(`${name}: a byte a minute is no line`, async () => {
    using clock = new FakeClock();
    const { program, over } = await open();
    await clock.pass(1);
    for (let at = 0; at < mailProgramIdleMs; at += 60_000) {
      assert.equal(await isOver(over), false);
      await program.say("N");
      await clock.pass(60_000);
    }
    await clock.pass(limits.lingerMs);
    assert.ok(await isOver(over));
  });
}

for (const name of ["POP3", "SMTP"]) {
  Deno.test(`${name} of the bridge: a login has its time, however busy the program is`, async () => {
    using clock = new FakeClock();
    const stage = name === "POP3" ? new Pop3Stage([]) : new SmtpStage({ requiresLogin: true });
    const program = await stage.connect();
    for (let at = 0; at < mailProgramLoginMs; at += 10_000) {
      assert.equal(await isOver(stage.over()), false);
      await program.ask(name === "POP3" ? "USER alice" : "EHLO x");
      await clock.pass(10_000);
    }
    await clock.pass(limits.lingerMs);
    assert.match(await program.rest(), /^(?:421 4\.7\.0 No login in time\r\n)?$/);
    assert.ok(await isOver(stage.over()));
  });
}

const begin = [
  ["EHLO x", "250"],
  ["MAIL FROM:<>", "250"],
  ["RCPT TO:<bob>", "250"],
  ["DATA", "354"],
] as const;

const endless: Readonly<Record<string, { text: string; everyMs: number; endsMs: number }>> = {
  "a line a minute": { text: "x\r\n", everyMs: 60_000, endsMs: mailProgramMessageMs },
  "a byte a minute": { text: "x", everyMs: 60_000, endsMs: mailProgramIdleMs },
  "nothing": { text: "", everyMs: 60_000, endsMs: mailProgramIdleMs },
};

for (const [name, { text, everyMs, endsMs }] of Object.entries(endless)) {
  Deno.test(`a message that never ends, ${name}, is not taken`, async () => {
    using clock = new FakeClock();
    const stage = new SmtpStage();
    const program = await stage.connect();
    await program.talk(begin);
    for (let at = 0; at < endsMs; at += everyMs) {
      assert.equal(await isOver(stage.over()), false);
      if (text !== "") await program.say(text);
      await clock.pass(everyMs);
    }
    await clock.pass(limits.lingerMs);
    assert.match(await program.rest(), /^421 4\.4\.2 [^\r]*\r\n$/);
    assert.ok(await isOver(stage.over()));
    assert.deepEqual([stage.taken, stage.cut, stage.left], [[], 1, 1]);
  });
}

Deno.test("who asks for TLS and does not begin it is cut", async () => {
  const { identity } = await testIdentity();
  const [smtp, pop3] = [new SmtpStage({}, identity), new Pop3Stage([], identity)];
  using clock = new FakeClock();
  for (const [asked, speak] of [["STARTTLS", smtp.server], ["STLS", pop3]] as const) {
    using listener = listenerHere((connection) => speak.speak(connection));
    const program = new MailProgram((await dialListener(listener)).connection);
    await program.line();
    if (asked === "STARTTLS") await program.ask("EHLO x");
    assert.match((await program.ask(asked))!, /^(?:220|\+OK)/);
    const rest = program.rest();
    await clock.pass(limits.handshakeTimeoutMs - 1);
    assert.equal(await isOver(rest), false);
    await clock.pass(1);
    assert.equal(await rest, "");
    program.close();
  }
  assert.deepEqual([smtp.defects, pop3.defects], [[], []]);
});
