/** Programs of IMAP that are silent, trickle, or never listen: all are cut when their time is up. */
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import { breathe, FakeClock } from "../support/fake_clock.ts";
import { ImapSessionStage } from "../support/imap_session_stage.ts";
import { pipe } from "../support/pipe.ts";

const kibi = 1024;
const { imapIdleMs, mailProgramLoginMs, mailProgramIdleMs } = limits;

async function isOver(stage: ImapSessionStage): Promise<boolean> {
  await breathe();
  return await Promise.race([stage.over().then(() => true), breathe().then(() => false)]);
}

Deno.test("IMAP: who says nothing is cut after half an hour, and nobody who says something", async () => {
  using clock = new FakeClock();
  const stage = new ImapSessionStage();
  const program = await stage.login();
  for (let count = 0; count < 3; count++) {
    await clock.pass(imapIdleMs - 1);
    await program.ok("NOOP");
  }
  await clock.pass(imapIdleMs - 1);
  assert.equal(await isOver(stage), false);
  await clock.pass(1);
  assert.ok(await isOver(stage));
  assert.deepEqual(stage.defects, []);
});

Deno.test("IMAP: who IDLEs is cut after half an hour in which nothing happened", async () => {
  using clock = new FakeClock();
  const stage = new ImapSessionStage();
  const program = await stage.select();
  await program.say("a IDLE\r\n");
  assert.equal(await program.response(), "+ idling");
  await clock.pass(imapIdleMs - 1);
  stage.folders.deliver("inbox", "A: b\r\n\r\n");
  assert.equal(await program.response(), "* 1 EXISTS");
  await clock.pass(imapIdleMs - 1);
  assert.equal(await isOver(stage), false);
  await clock.pass(1);
  assert.ok(await isOver(stage));
  assert.equal(stage.folders.listeners, 0);
});

const trickles = {
  "a byte a minute is no line": "",
  "nor is a literal": "a APPEND Drafts {900+}\r\n",
};

for (const [name, begin] of Object.entries(trickles)) {
  Deno.test(`IMAP: ${name}`, async () => {
    using clock = new FakeClock();
    const stage = new ImapSessionStage();
    const program = await stage.login();
    await program.say(begin);
    await clock.pass(1);
    for (let at = 0; at < imapIdleMs; at += 60_000) {
      assert.equal(await isOver(stage), false);
      await program.say("N");
      await clock.pass(60_000);
    }
    assert.ok(await isOver(stage));
    assert.deepEqual(stage.folders.messages(2), []);
  });
}

Deno.test("IMAP: a login has its time, however busy the program is", async () => {
  using clock = new FakeClock();
  const stage = new ImapSessionStage();
  const program = await stage.connect();
  for (let at = 0; at < mailProgramLoginMs; at += 10_000) {
    assert.equal(await isOver(stage), false);
    await program.ok("NOOP");
    await clock.pass(10_000);
  }
  assert.ok(await isOver(stage));
});

Deno.test("IMAP: a message that nobody reads is not read from the account, and its program is cut", async () => {
  using clock = new FakeClock();
  const stage = new ImapSessionStage();
  stage.folders.deliver("inbox", `A: b\r\n\r\n${"x".repeat(4 * kibi * kibi)}`);
  stage.folders.pieceBytes = 64 * kibi;
  let pieces = 0;
  const content = stage.folders.content.bind(stage.folders);
  stage.folders.content = async function* (...of) {
    for await (const piece of content(...of)) {
      pieces++;
      yield piece;
    }
  };
  const program = await stage.select("INBOX", { roomBytes: 16 * kibi });
  await program.say("a FETCH 1 BODY.PEEK[]\r\n");
  for (let count = 0; count < 20; count++) await breathe();
  assert.ok(pieces < 10, `${pieces} pieces`);
  await clock.pass(mailProgramIdleMs - 1);
  assert.equal(await isOver(stage), false);
  await clock.pass(1);
  assert.ok(await isOver(stage));
  assert.deepEqual(stage.defects, []);
});

Deno.test("IMAP: who reads no response is not listened to for long", async () => {
  using clock = new FakeClock();
  const stage = new ImapSessionStage();
  stage.isPreauthenticated = true;
  const [ours, theirs] = pipe({ roomBytes: 16 * kibi, maxReadBytes: 16 * kibi });
  const over = stage.speak(ours);
  const line = new TextEncoder().encode("a CAPABILITY\r\n".repeat(1_000));
  let taken = 0;
  (async () => {
    for (;; taken += line.length) await theirs.write(line);
  })().catch(() => {});
  for (let before = -1; before !== taken;) {
    before = taken;
    for (let count = 0; count < 10; count++) await breathe();
  }
  assert.ok(taken < 256 * kibi, `${taken} bytes of commands`);
  await clock.pass(mailProgramIdleMs + 5_000);
  await over;
});
