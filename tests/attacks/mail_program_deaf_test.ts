/** Mail programs that talk and never listen: what they are told does not pile up, and they are cut in the end. */
import assert from "node:assert/strict";
import { speakPop3 } from "../../src/gateway/pop3/speak.ts";
import { limits } from "../../src/model/limits.ts";
import type { Connection } from "../../src/net/connection.ts";
import { breathe, FakeClock } from "../support/fake_clock.ts";
import { pipe } from "../support/pipe.ts";
import { Pop3Stage } from "../support/pop3_stage.ts";
import { SmtpStage } from "../support/smtp_stage.ts";

const kibi = 1024;

/** Talks until nobody takes any more of it; returns how many bytes were taken by then. */
async function flood(connection: Connection, line: string): Promise<number> {
  const bytes = new TextEncoder().encode(line.repeat(Math.ceil(16 * kibi / line.length)));
  let taken = 0;
  (async () => {
    for (; taken < 64 * kibi * kibi; taken += bytes.length) await connection.write(bytes);
  })().catch(() => {});
  for (let before = -1; before !== taken;) {
    before = taken;
    for (let count = 0; count < 10; count++) await breathe(); // some hundred commands a turn
  }
  return taken;
}

const speakers: Readonly<Record<string, () => (connection: Connection) => Promise<void>>> = {
  "serve --smtp": () => {
    const stage = new SmtpStage();
    return (connection) => stage.server.speak(connection);
  },
  "POP3": () => {
    const stage = new Pop3Stage([]);
    return (connection) => stage.speak(connection);
  },
};

for (const [name, open] of Object.entries(speakers)) {
  Deno.test(`${name}: who reads no reply is not listened to for long, and cut`, async () => {
    using clock = new FakeClock();
    const [ours, theirs] = pipe({ roomBytes: 16 * kibi, maxReadBytes: 16 * kibi });
    const over = open()(ours);
    const taken = await flood(theirs, name === "POP3" ? "CAPA\r\n" : "NOOP\r\n");
    assert.ok(taken < 256 * kibi, `${taken} bytes of commands`);
    await clock.pass(limits.mailProgramIdleMs + 2 * limits.lingerMs + 5_000);
    await over;
  });
}

Deno.test("a message that nobody reads is not read from the mailbox, and lets go of it", async () => {
  using clock = new FakeClock();
  let [taken, isOpen, isFetched, isDeleted] = [0, false, false, false];
  const drop = {
    messages: [{ uid: "1", bytes: 1 }],
    source: async function* () {
      for (; taken < 1_000; taken++) yield new Uint8Array(64 * kibi).fill(120);
    },
    peek: () => assert.fail(),
    fetched: () => void (isFetched = true),
    delete: () => Promise.resolve(void (isDeleted = true)),
    close: () => Promise.resolve(void (isOpen = false)),
  };
  const host = {
    authenticate: () => Promise.resolve(true),
    shared: null,
    open: () => Promise.resolve((isOpen = true) && drop),
    onDefect: () => assert.fail(),
  };
  const [ours, theirs] = pipe({ roomBytes: 16 * kibi });
  const over = speakPop3(ours, { host, identity: null });
  await theirs.write(new TextEncoder().encode("USER a\r\nPASS b\r\nDELE 1\r\nRSET\r\nRETR 1\r\n"));
  await breathe();
  assert.ok(isOpen && taken <= 2, `${taken} chunks`);
  await clock.pass(limits.mailProgramIdleMs - 1);
  assert.ok(isOpen);
  await clock.pass(1);
  await over;
  assert.deepEqual([isOpen, isFetched, isDeleted], [false, false, false]);
});

Deno.test("a connection that is cut in a message lets go of the mailbox, with nothing fetched or deleted", async () => {
  const texts = [`A: 1\r\n\r\n${"x".repeat(100_000)}\r\n`];
  const stage = new Pop3Stage(texts);
  const program = await stage.login({ roomBytes: 1_000 });
  await program.say("DELE 1\r\nRSET\r\nRETR 1\r\nDELE 1\r\n");
  assert.equal(await program.line(), "+OK Deleted at QUIT");
  await breathe();
  program.close();
  await stage.over();
  assert.deepEqual([stage.isOpen, stage.fetched, stage.texts, stage.defects], [
    false,
    [],
    texts,
    [],
  ]);
});
