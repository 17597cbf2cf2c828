/** What mail programs do with a large mailbox, one after the other, on both sides in turns. */
import { heardElsewhere } from "../src/model/promises.ts";
import type { ImapTalk } from "./imap_talk.ts";
import { makeMessage } from "./made_mail.ts";
import { cpuSeconds } from "./process.ts";
import { lineOf, median, print, report, timed } from "./report.ts";

/** A server of IMAP, and somebody else who changes the same mailbox. */
export interface Side {
  readonly talk: ImapTalk;
  /** Opens another session. */
  readonly open: () => Promise<ImapTalk>;
  /** The other one brings a message into the inbox. */
  readonly deliver: (message: string) => Promise<void>;
  /** Runs mbsync; null where it is not installed. */
  readonly sync: (() => Promise<void>) | null;
  end(): void;
}

interface Step {
  readonly name: string;
  readonly rounds: number;
  readonly work: (side: Side, round: number) => Promise<void>;
}

const envelopes = "FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)";

function ask(name: string, rounds: number, command: string): Step {
  return { name, rounds, work: ({ talk }) => talk.ask(command) };
}

const steps: readonly Step[] = [
  { name: "mbsync, the first", rounds: 1, work: ({ sync }) => sync!() },
  { name: "mbsync, nothing new", rounds: 5, work: ({ sync }) => sync!() },
  ask("FETCH FLAGS of all", 5, "FETCH 1:* (FLAGS)"),
  ask("ENVELOPE and more of all, the first", 1, envelopes),
  ask("ENVELOPE and more of all", 5, envelopes),
  ask("SELECT", 20, "SELECT INBOX"),
  ask("STATUS", 20, "STATUS Archive (MESSAGES UNSEEN UIDNEXT)"),
  ask("SEARCH FROM", 3, "SEARCH FROM user17@"),
  ask("SEARCH SUBJECT", 3, 'SEARCH SUBJECT "number 4711"'),
  ask("SEARCH BODY", 1, 'SEARCH BODY "nobody has said this"'),
  {
    name: "STORE of one",
    rounds: 20,
    work: ({ talk }, round) => talk.ask(`STORE ${100 + round} +FLAGS (\\Flagged)`),
  },
  {
    name: "STORE of all",
    rounds: 2,
    work: ({ talk }, round) => talk.ask(`STORE 1:* ${"+-"[round]}FLAGS.SILENT (\\Answered)`),
  },
  {
    name: "APPEND",
    rounds: 20,
    work: ({ talk }, round) => talk.append("Archive", makeMessage(2 * round + 2)),
  },
  ask("COPY of 1,000", 2, "COPY 1:1000 Archive"),
  ask("SELECT of another folder", 1, "SELECT Archive"),
  ask("UID MOVE of 1,000", 2, "MOVE 1:1000 Trash"),
];

const told = 20;

/** Measures every step. `pids`: whose processor time is told beside. */
export async function measureSteps(
  sides: readonly Side[],
  pids: { readonly bridge: number; readonly server: number },
  messages: number,
): Promise<void> {
  const floorName = "dovecot";
  const section = `${messages.toLocaleString("en")} messages by IMAP through the bridge`;
  report(`${section} (load ${Deno.loadavg()[0]!.toFixed(1)})`, []);
  for (const { name, rounds, work } of steps) {
    if (name.startsWith("mbsync") && sides.some(({ sync }) => sync === null)) continue;
    const times = sides.map((): number[] => []);
    const busy = { bridge: 0, server: 0 };
    for (let round = 0; round < rounds; round++) {
      for (const [at, side] of sides.entries()) {
        const before = [cpuSeconds(pids.bridge), cpuSeconds(pids.server)];
        times[at]!.push(await timed(() => work(side, round)));
        if (at > 0) continue;
        busy.bridge += cpuSeconds(pids.bridge) - before[0]!;
        busy.server += cpuSeconds(pids.server) - before[1]!;
      }
    }
    const [value, floor = null] = times.map(median) as [number, number?];
    const eachMs = (seconds: number) => (seconds * 1000 / rounds).toFixed(0);
    const busyText = `processor time: bridge ${eachMs(busy.bridge)} ms, server ${
      eachMs(busy.server)
    } ms`;
    print(`  ${lineOf({ name, value, unit: "ms", floor, floorName })} (${busyText})\n`);
  }
  await measureIdle(sides, floorName);
}

/** How long after the other one's change was acknowledged a program in IDLE hears of it. */
async function measureIdle(sides: readonly Side[], floorName: string): Promise<void> {
  const times = sides.map((): number[] => []);
  // Dovecot has hung up on the sessions of before, where nothing was said for minutes.
  const talks = await Promise.all(sides.map(({ open }) => open()));
  for (const talk of talks) await talk.ask("SELECT INBOX");
  for (const talk of talks) await talk.idle();
  for (let round = 0; round < told; round++) {
    for (const [at, { deliver }] of sides.entries()) {
      const heard = heardElsewhere(talks[at]!.hear(/EXISTS\r\n/).then(() => performance.now()));
      await deliver(makeMessage(2 * round + 2));
      const acknowledged = performance.now();
      times[at]!.push(Math.max(0, await heard - acknowledged));
    }
  }
  for (const talk of talks) await talk.endIdle();
  for (const talk of talks) talk.close();
  const figures = { median, most: (all: readonly number[]) => Math.max(...all) };
  for (const [name, of] of Object.entries(figures)) {
    const [value, floor = null] = times.map(of) as [number, number?];
    const label = `IDLE: told of a change, ${name} of ${told}`;
    print(`  ${lineOf({ name: label, value, unit: "ms", floor, floorName })}\n`);
  }
}
