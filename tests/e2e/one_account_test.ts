/** One account used from two machines by the shell, mail programs and the page at once: all show the same in the end. */
import assert from "node:assert/strict";
import { BridgeProcess } from "../support/bridge_process.ts";
import { seeded } from "../support/mime.ts";
import { PageProcess } from "../support/page_process.ts";
import { type Person, Stage, until } from "../support/person.ts";
import type { ServerProcess } from "../support/program_server.ts";
import { secondMachine } from "../support/second_machine.ts";
import { ByImap, ByPage, ByShell, type Came, type Shown, type WayIn } from "../support/ways_in.ts";

const rounds = Number(Deno.env.get("MAILCTL_TEST_ROUNDS") ?? 16);
const seed = Number(Deno.env.get("MAILCTL_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 32));
const told = `MAILCTL_TEST_SEED=${seed} MAILCTL_TEST_ROUNDS=${rounds}`;
const keywords = ["todo", "q3"];

/** How many there are of each message, by subject: between two numbers, since an answer may have been lost. */
class Count {
  readonly #bounds = new Map<string, [least: number, most: number]>();

  note(subject: string, by: 1 | -1, came: Came): void {
    const [least, most] = this.#bounds.get(subject) ?? [0, 0];
    if (came === "refused") return;
    const isLess = by < 0 || came === "done";
    const isMore = by > 0 || came === "done";
    this.#bounds.set(subject, [isLess ? least + by : least, isMore ? most + by : most]);
  }

  /** The subjects of which there are too few or too many. */
  wrong(shown: readonly Shown[]): string[] {
    const there = Map.groupBy(shown, ({ subject }) => subject);
    const all = new Set([...this.#bounds.keys(), ...there.keys()]);
    return [...all].flatMap((subject) => {
      const count = there.get(subject)?.length ?? 0;
      const [least, most] = this.#bounds.get(subject) ?? [0, 0];
      return count >= least && count <= most ? [] : [`${subject}: ${count}, not ${least}-${most}`];
    });
  }
}

/** Somebody who uses one of the ways, with a list that may be old. */
class User {
  readonly way: WayIn;
  readonly #number: number;
  readonly #count: Count;
  readonly #random: () => number;
  #list: readonly Shown[] = [];
  #made = 0;
  /** How often which act came to what. */
  readonly tally: Record<string, number> = {};

  constructor(way: WayIn, number: number, count: Count, random: () => number) {
    this.way = way;
    this.#number = number;
    this.#count = count;
    this.#random = random;
  }

  async look(): Promise<void> {
    this.#list = await this.way.see();
  }

  async act(): Promise<void> {
    if (this.#random() % 4 === 0) await this.look().catch(() => {}); // the server may be away
    const { way } = this;
    const message = this.#pick(this.#list);
    if (message === undefined || this.#random() % 5 === 0) return await this.#add();
    const folders = [...new Set(this.#list.map(({ folder }) => folder)), "Archive", "Trash"];
    switch (this.#random() % 7) {
      case 0:
      case 1:
        this.#tally("move", await way.move(message, this.#pick(folders)!));
        return;
      case 2:
        this.#tally("star", await way.star(message, this.#random() % 2 === 0));
        return;
      case 3:
        this.#tally("label", await way.label(message, this.#pick(keywords)!));
        return;
      case 4: {
        const came = this.#tally("double", await way.double(message, this.#pick(folders)!));
        if (came !== null) this.#count.note(message.subject, 1, came);
        return;
      }
      case 5:
        return await this.#remove();
      default:
        this.#tally("make", await way.makeFolder(`Box ${this.#number}.${++this.#made}`));
    }
  }

  async #add(): Promise<void> {
    const subject = `${this.way.name.replace(" ", "-")}-${++this.#made}`;
    const came = this.#tally("add", await this.way.add(subject));
    if (came !== null) this.#count.note(subject, 1, came);
  }

  /** Each deletes what no other does: so it is known who did it. */
  async #remove(): Promise<void> {
    const mine = this.#list.filter(({ subject }) =>
      Number(/\d+$/.exec(subject)) % 5 === this.#number
    );
    const message = this.#pick(mine);
    if (message === undefined) return;
    const came = this.#tally("remove", await this.way.remove(message));
    this.#count.note(message.subject, -1, came);
    this.#list = this.#list.filter((each) => each !== message);
  }

  #tally<C extends Came | null>(act: string, came: C): C {
    this.tally[`${act} ${came}`] = (this.tally[`${act} ${came}`] ?? 0) + 1;
    return came;
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#random() % Math.max(1, from.length)];
  }
}

/** What two ways must both say of a message, as far as either says it. */
function lineOf({ folder, subject, isFlagged, keywords }: Shown): string {
  return [folder, subject, isFlagged ? "flagged" : "", ...keywords].join(" ");
}

function linesOf(shown: readonly Shown[]): string[] {
  return shown.map(lineOf).sort();
}

/** Received messages that are read; sent ones are to a mail program. */
function readOf(shown: readonly Shown[]): string[] {
  return shown.filter(({ subject, isRead }) => isRead === true && /^from-alice/.test(subject))
    .map(lineOf).sort();
}

Deno.test(`nothing is lost, doubled or different between the ways into an account, ${told}`, async () => {
  await using stage = new Stage();
  const server: ServerProcess = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob") as [Person, Person];
  const machines = [bob, secondMachine(stage, bob)] as const;
  const count = new Count();
  const random = seeded(seed);
  const write = async (number: number) => {
    await alice.send(["bob", "-s", `from-alice-${number}`, "-m", "text"]);
    count.note(`from-alice-${number}`, 1, "done");
  };
  for (let number = 1; number <= 10; number++) await write(number);

  const bridges = await Promise.all(machines.map((machine) => BridgeProcess.start(machine)));
  await using page = stage.keep(await PageProcess.start(bob, "--no-open"));
  const programs = bridges.map((_, at) => new ByImap(`imap ${at}`, () => bridges[at]!));
  const ways = [
    ...machines.map((machine, at) => new ByShell(machine, `shell ${at}`)),
    ...programs,
    await ByPage.enter(page.link),
  ];
  const users = ways.map((way, number) => new User(way, number, count, random));
  try {
    for (const user of users) await user.look();
    for (let round = 1; round <= rounds; round++) {
      const acting = users.map((user) => user.act());
      if (round % 8 === 4) {
        await bridges[0]!.stop("SIGKILL");
        bridges[0] = await BridgeProcess.start(machines[0]);
      }
      if (round % 8 === 0) {
        await server.stop("SIGKILL");
        await server.start();
      }
      await Promise.all(acting);
      if (round % 3 === 0) await write(10 + round);
    }
    for (const program of programs) program.leave();

    const expected = await ways[0]!.see();
    assert.deepEqual(count.wrong(expected), []);
    for (const way of ways.slice(1)) {
      let seen: readonly Shown[] = [];
      await until(async () => {
        seen = await way.see();
        return linesOf(seen).join() === linesOf(expected).join();
      }, way.name).catch(() => assert.deepEqual(linesOf(seen), linesOf(expected), way.name));
      const isReadKnown = !(way instanceof ByPage);
      if (isReadKnown) assert.deepEqual(readOf(seen), readOf(expected), way.name);
    }
    for (const { tally, way } of users) {
      const done = Object.keys(tally).filter((what) => what.endsWith(" done"));
      assert.ok(done.length > 0, `${way.name}: ${JSON.stringify(tally)}`);
    }
    assert.equal(page.said, "");
  } finally {
    for (const bridge of bridges) await bridge.stop("SIGKILL");
  }
});
