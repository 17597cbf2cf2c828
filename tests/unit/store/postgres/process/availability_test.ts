/** What is told of a database, by what was seen of it. */
import assert from "node:assert/strict";
import { parseAddress } from "../../../../../src/store/postgres/address.ts";
import { Availability } from "../../../../../src/store/postgres/process/availability.ts";

type Sight = (seen: Availability) => void;

const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
const busy = new Error("too many clients");
const standby = Object.assign(new Error("standby"), { code: "ENOTPRIMARY" });
const [a, b] = ["a:5432", "b:5432"] as const;

const lost: Sight = (seen) => seen.noteLost([[a, refused], [b, standby]]);
const alone: Sight = (seen) => seen.noteLost([[a, busy]]);
const full: Sight = (seen) => seen.noteRefusal(Object.assign(new Error(), { code: "53100" }));
const readOnly: Sight = (seen) => seen.noteRefusal(Object.assign(new Error(), { code: "25006" }));
const conflict: Sight = (seen) => seen.noteRefusal(Object.assign(new Error(), { code: "40001" }));
const connected: Sight = (seen) => seen.noteConnected();
const written: Sight = (seen) => seen.noteWrite();

const isLost = "lost: a:5432: the connection was refused; b:5432: it is a standby";
const isReadOnly = "read-only: default_transaction_read_only is on";
const isFull = "full: no space is left on its disk";

Deno.test("availability of a database: calls are tried for as long as a standby may take over", () => {
  const clock = { now: 0 };
  const seen = new Availability(parseAddress("postgres://a,b/mail"), () => clock.now);
  const tried = (now: number) => {
    clock.now = now;
    return seen.triedMs;
  };
  assert.equal(tried(0), 30_000);
  lost(seen);
  assert.deepEqual([0, 30_000, 50_000, 59_000, 3_600_000].map(tried), [
    ...[30_000, 30_000, 10_000, 2_000, 2_000],
  ]);
  connected(seen);
  assert.equal(tried(3_600_000), 30_000);
});

Deno.test("availability of a database: calls that wait do not make others give up sooner", () => {
  const clock = { now: 0 };
  const seen = new Availability(parseAddress("postgres://a,b/mail"), () => clock.now);
  seen.noteBlocked("a lock", 0);
  clock.now = 3_600_000;
  assert.equal(seen.triedMs, 30_000);
});

Deno.test("availability of a database: one with calls that wait is stuck until another is carried out", () => {
  const clock = { now: 0 };
  const seen = new Availability(parseAddress("postgres://a,b/mail"), () => clock.now);
  const isStuck = (now: number) => {
    clock.now = now;
    return seen.isStuck;
  };
  seen.noteDone();
  assert.equal(isStuck(10_000), false);
  seen.noteBlocked("a lock", 5_000);
  assert.equal(seen.isStuck, true);
  written(seen); // mailctl's own
  assert.equal(seen.isStuck, true);
  seen.noteDone();
  assert.deepEqual([10_000, 69_000, 70_000].map(isStuck), [false, false, true]);
  seen.noteUnblocked();
  assert.equal(seen.isStuck, false);
});

/** What is seen -> what is told. */
const cases: Record<string, [seen: Sight[], told: string[]]> = {
  "nothing is told of a good one": [[connected, written, conflict], []],
  "a loss is told once, and its end": [[lost, lost, connected, written], [isLost, "good"]],
  "a write on an old connection is no end of a loss": [
    [alone, written, alone, written, connected],
    ["lost: too many clients", "good"],
  ],
  "another trouble is told": [[lost, readOnly, lost], [isLost, isReadOnly, isLost]],
  "a write ends what refuses writes": [[readOnly, readOnly, written], [isReadOnly, "good"]],
  "a small write, or a connection, is no room on a disk": [[full, written, connected], [isFull]],
};

for (const [what, [sights, expected]] of Object.entries(cases)) {
  Deno.test(`availability of a database: ${what}`, () => {
    const seen = new Availability(parseAddress("postgres://a,b/mail"));
    const told: string[] = [];
    const stop = seen.watch((trouble) =>
      told.push(trouble === null ? "good" : `${trouble.kind}: ${trouble.reason}`)
    );
    for (const sight of sights) sight(seen);
    assert.deepEqual(told, expected);
    stop();
    lost(seen);
    connected(seen);
    assert.deepEqual(told, expected);
  });
}
