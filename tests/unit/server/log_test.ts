import assert from "node:assert/strict";
import { MailError } from "../../../src/model/errors.ts";
import { makeLog } from "../../../src/server/log.ts";

function recording(text: boolean, now = () => 1_700_000_000_000) {
  const lines: string[] = [];
  const write = (line: Uint8Array) => void lines.push(new TextDecoder().decode(line));
  return { log: makeLog({ write, text, now }), lines };
}

Deno.test("a line of JSON an event", () => {
  const { log, lines } = recording(false);
  log.info("started", { address: "127.0.0.1:4465", count: 1 });
  assert.deepEqual(lines, [
    '{"time":"2023-11-14T22:13:20.000Z","level":"info","event":"started",' +
    '"address":"127.0.0.1:4465","count":1}\n',
  ]);
});

Deno.test("a line of text an event on a terminal", () => {
  const { log, lines } = recording(true);
  log.warning("limit hit", { address: "::1", reason: "too many" });
  assert.deepEqual(lines, [
    '2023-11-14T22:13:20.000Z warning limit hit address=::1 reason="too many"\n',
  ]);
});

Deno.test("nothing in a field reaches a terminal or begins a line", () => {
  const hostile = "a\nb\x1b[31m\x9b\u202e\u2028\ud800\x7f";
  for (const text of [false, true]) {
    const { log, lines } = recording(text);
    log.info("login refused", { name: hostile });
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /^[\x20-\x7e]+\n$/);
    if (!text) assert.equal(JSON.parse(lines[0]!).name, hostile);
  }
});

Deno.test("a defect is written with its stack and its causes", () => {
  const { log, lines } = recording(false);
  log.error("internal", new Error("outer", { cause: new TypeError("inner") }));
  const { error } = JSON.parse(lines[0]!);
  assert.match(error, /^Error: outer\n +at [^]*\ncaused by TypeError: inner\n +at /);
});

Deno.test("what an operator can mend is written in a line", () => {
  const { log, lines } = recording(false);
  const cause = new Error("database or disk is full");
  log.error(
    "storage full",
    new MailError("storage_full", "Cannot store: the storage is full", { cause }),
  );
  const { error } = JSON.parse(lines[0]!);
  assert.equal(error, "Cannot store: the storage is full: database or disk is full");
});

Deno.test("a reason that is told already is not told again in the system's words", () => {
  const { log, lines } = recording(false, () => 0);
  const code = { code: "EACCES" };
  const cause = Object.assign(new Error("Permission denied (os error 13): readfile 'k'"), code);
  log.error(
    "reloaded",
    new MailError("configuration", "Cannot use k: permission denied", { cause }),
  );
  assert.equal(JSON.parse(lines[0]!).error, "Cannot use k: permission denied");
});

Deno.test("what to do stands beside what went wrong", () => {
  const { log, lines } = recording(false);
  const hint = "Write 36h, 90d, 12w or 1y (1h to 100y), or 0 to keep all mail.";
  const error = new MailError("usage", 'Cannot use "20m" as a time to keep mail', { hint });
  log.error("cannot reload", error);
  const { time: _, ...told } = JSON.parse(lines[0]!);
  const event = { level: "error", event: "cannot reload" };
  assert.deepEqual(told, { ...event, error: error.message, hint });
});

Deno.test("a flood of one event is cut short and counted", () => {
  let now = 1_000;
  const { log, lines } = recording(false, () => now);
  for (let i = 0; i < 100; i++) log.info("deadline over");
  log.info("stopped");
  assert.equal(lines.length, 21);
  now += 1_000;
  log.info("deadline over");
  assert.equal(JSON.parse(lines.at(-1)!).leftOut, 80);
});

Deno.test("a log that cannot be written stops nobody", () => {
  const write = () => {
    throw new Deno.errors.BrokenPipe();
  };
  makeLog({ write, text: false, now: Date.now }).info("started");
});
