/** A thousand connections to a bridge, silent or talking nonsense: those that were there go on. */
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import { letOthersIn } from "../../src/model/promises.ts";
import type { Protocol } from "../../src/gateway/bridge/bridge.ts";
import { BridgeHere, bridgePassword } from "../support/bridge_here.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { dialListener, listenerHere } from "../support/listener_here.ts";
import { MailProgram } from "../support/mail_program.ts";
import { pipe } from "../support/pipe.ts";
import { Pop3Stage } from "../support/pop3_stage.ts";
import { SmtpStage } from "../support/smtp_stage.ts";

type Talk = Parameters<MailProgram["talk"]>[0];

const most = limits.maxMailProgramConnections;

Deno.test("a thousand silent connections: one that was there goes on, and others are told", async () => {
  const stage = new SmtpStage();
  using listener = listenerHere((connection) => stage.server.speak(connection), { most });
  const first = new MailProgram((await dialListener(listener)).connection);
  await first.reply();
  const others: MailProgram[] = [];
  for (let count = 0; count < 1000; count++) {
    others.push(new MailProgram((await dialListener(listener)).connection));
  }
  const greetings = await Promise.all(others.map((program) => program.reply()));
  const refused = greetings.filter((greeting) => greeting?.startsWith("421")).length;
  assert.equal(refused, 1000 - most + 1);
  await first.talk([["EHLO x", "250"], ["MAIL FROM:<>", "250"], ["QUIT", "221"]]);
  for (const program of [first, ...others]) program.close();
});

/** How a program logs in and begins to work, and what it goes on with. */
const talks: Readonly<Record<Protocol, { readonly begin: Talk; readonly goOn: Talk }>> = {
  imap: {
    begin: [[`a LOGIN alice "${bridgePassword}"`, "a OK"], ["b SUBSCRIBE INBOX", "b OK"]],
    goOn: [["c NOOP", "c OK"]],
  },
  pop3: {
    begin: [["USER alice", "+OK"], [`PASS ${bridgePassword}`, "+OK"]],
    goOn: [["NOOP", "+OK"]],
  },
  smtp: {
    begin: [
      ["EHLO x", "250"],
      [`AUTH PLAIN ${btoa(`\0alice\0${bridgePassword}`)}`, "235"],
      ["MAIL FROM:<alice>", "250"],
    ],
    goOn: [["NOOP", "250"]],
  },
};

Deno.test("silent connections to a bridge, however many, keep no program out", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-flood-" });
  try {
    await using server = await HostileServer.start();
    const alice = await BridgeHere.start("alice", server.trusted, `${folder}/alice`);
    for (const protocol of ["imap", "pop3", "smtp"] as const) {
      await t.step(protocol, async () => {
        const { begin, goOn } = talks[protocol];
        const where = { host: "127.0.0.1", port: 0, flag: `--${protocol}`, isImplicit: false };
        const listener = alice.bridge.listen(protocol, where);
        const enter = async () => {
          const program = new MailProgram((await dialListener(listener)).connection);
          await program.line();
          return program;
        };
        const programs: MailProgram[] = [];
        const fill = async () => {
          for (let count = 0; count <= most; count++) programs.push(await enter());
        };
        await fill();
        const program = await enter();
        programs.push(program);
        await program.talk(begin);
        await fill();
        await program.talk(goOn);
        for (const each of programs) each.close();
        listener.close();
      });
    }
    alice.bridge.close();
    assert.deepEqual(alice.trouble, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("lines without end and bytes without sense end one connection each, and are not kept", async () => {
  const [smtp, pop3] = [new SmtpStage(), new Pop3Stage(["A: b\r\n\r\n"])];
  const speakers = [
    (connection: Parameters<typeof pop3.speak>[0]) => smtp.server.speak(connection),
    (connection: Parameters<typeof pop3.speak>[0]) => pop3.speak(connection),
  ];
  for (const speak of speakers) {
    using listener = listenerHere(speak);
    for (const filler of ["x", "\n", "\xff"]) {
      const { connection } = await dialListener(listener);
      const program = new MailProgram(connection);
      await program.line();
      const noise = filler.repeat(64 * 1024);
      const talking = (async () => {
        for (let count = 0; count < 40; count++) await program.say(noise); // 2.5 MiB
      })().catch(() => {});
      assert.ok((await program.rest()).length < 4096);
      program.close();
      await talking;
    }
    const next = new MailProgram((await dialListener(listener)).connection);
    assert.match((await next.line())!, /^(?:220|\+OK) /);
    next.close();
  }
  assert.deepEqual([smtp.taken, pop3.defects, smtp.defects], [[], [], []]);
});

Deno.test("ten thousand commands sent at once leave every other connection its turn", async () => {
  const stage = new Pop3Stage([]);
  const [ours, theirs] = pipe();
  const spoken = stage.speak(ours);
  const program = new MailProgram(theirs);
  await program.line();
  let turns = 0;
  let isOver = false;
  const others = (async () => {
    for (; !isOver; turns++) await letOthersIn();
  })();
  const answers = program.rest();
  await program.say("NOOP\r\n".repeat(10_000) + "QUIT\r\n");
  assert.equal((await answers).split("\r\n").length, 10_002);
  isOver = true;
  await Promise.all([others, spoken]);
  assert.ok(turns >= 10_000 / 100, `others had ${turns} turns`);
});
