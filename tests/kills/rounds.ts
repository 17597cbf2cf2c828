/**
 * Plays rows: all at once, each is stopped in the middle of its write, the client or the server is killed with SIGKILL,
 * and then everything is there or nothing, the same command again does it, and nothing is left over.
 */
import assert from "node:assert/strict";
import { until } from "../support/person.ts";
import { finish, type Outcome } from "../support/program.ts";
import type { Act, Ending, Row } from "./row.ts";
import { keptOf, leftovers, Stand } from "./stand.ts";

interface Round {
  readonly victim: "client" | "server";
  /** Where it stands when it is killed: before its write is carried out, or after that and before the answer. */
  readonly when: "before" | "after";
}

/** For the server, a client that is gone before the write is no different from one that is gone after it. */
const rounds: readonly Round[] = [
  { victim: "client", when: "after" },
  { victim: "server", when: "before" },
  { victim: "server", when: "after" },
];

const success: Ending = { status: 0, err: /^/ };

interface Played {
  readonly row: Row;
  readonly act: Act;
  readonly before: string;
  readonly outcome: Outcome;
}

export function testRows(subject: string, rows: readonly Row[]): void {
  Deno.test(`killed in the middle: ${subject}`, async (t) => {
    await using stand = await Stand.set();
    for (const [number, round] of rounds.entries()) {
      await t.step(`the ${round.victim}, ${round.when} the server's write`, async () => {
        const all = await killAll(stand, rows, round, number);
        await Promise.all(all.map((played) =>
          check(stand, played, round).catch((cause) => {
            throw new Error(`mailctl ${played.row.command}`, { cause });
          })
        ));
        // A server clears up behind a client that is gone, in its own time.
        await until(() => littered(stand).length === 0, "that nothing is left behind");
      });
    }
  });
}

async function killAll(
  stand: Stand,
  rows: readonly Row[],
  { victim, when }: Round,
  number: number,
): Promise<Played[]> {
  const prepared: Omit<Played, "outcome">[] = [];
  for (const row of rows) {
    const person = await stand.person(row.command.replaceAll(/\W+/g, "-"));
    const act = await row.act(stand, person, `${number}`);
    prepared.push({ row, act, before: keptOf(stand, act, row.files) });
  }
  stand.hold.query({ calls: [...new Set(rows.map(({ write }) => write))], when });
  const acts = prepared.map(({ act }) => act);
  const children = victim === "client" ? acts.map(start) : []; // who lives on needs no process of its own
  const ends = victim === "client"
    ? children.map((child, at) => finish(child, acts[at]!.options?.stdin))
    : acts.map(({ home, args, options }) => home.run(args, options));
  try {
    await Promise.race([stand.hold.stands(rows.length), ...ends.map(tooEarly)]);
    assert.deepEqual(stand.hold.standing, rows.map(({ write }) => write).toSorted());
  } catch (error) {
    for (const child of children) kill(child);
    stand.hold.release();
    throw error;
  }
  for (const child of children) kill(child);
  if (victim === "server") await stand.server.stop("SIGKILL");
  const outcomes = await Promise.all(ends);
  stand.hold.release();
  if (victim === "server") await stand.server.start();
  return prepared.map((each, at) => ({ ...each, outcome: outcomes[at]! }));
}

function start({ home, args, options }: Act): Deno.ChildProcess {
  return home.start(args, options);
}

async function tooEarly(end: Promise<Outcome>): Promise<never> {
  const { status, err } = await end;
  throw new Error(`a command ended before its write: ${status} ${err}`);
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // it has ended
  }
}

async function check(
  stand: Stand,
  { row, act, before, outcome }: Played,
  { victim, when }: Round,
): Promise<void> {
  const { status, err } = outcome;
  assert.equal(status, victim === "client" ? 128 + 9 : row.cut ?? 69, err);
  const kept = () => keptOf(stand, act, row.files);
  if (victim === "server" && when === "before") assert.equal(kept(), before, "half of it is there");
  // What the server had in its hands when the client was gone it carries out, as nobody took it back.
  else await until(() => kept() !== before, "the write");
  const after = kept();
  const wasDone = after !== before;
  if (wasDone) assert.doesNotMatch(err, /^mailctl: .*(nothing was|not) (stored|changed|sent)/m);

  const again = await act.home.run(act.args, act.options);
  const expected = wasDone ? row.again ?? row.done ?? success : row.done ?? success;
  assert.equal(again.status, expected.status, again.err);
  assert.match(again.err, expected.err);
  if (!wasDone) assert.notEqual(kept(), before, "it was not repeated");
  else if (row.adds !== true) assert.equal(kept(), after, "it was done twice");
  assert.deepEqual(leftovers(act.home.folder), []);
}

/** Halves of uploads, and files that a server makes on its way to others. */
function littered(stand: Stand): unknown[] {
  const uploads = stand.query("SELECT id FROM body WHERE holders IS NULL OR holders = 0");
  return [...uploads, ...leftovers(`${stand.stage.folder}/server/home`)];
}
