/** kill -9 at any moment while a program works by IMAP: nothing is lost, nothing is in two folders. */
import assert from "node:assert/strict";
import { append, connectImap, fetchAll, type FetchedMessage } from "../support/bridge_imap.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import type { ImapProgram } from "../support/imap_session_stage.ts";
import { seeded } from "../support/mime.ts";
import { type Person, Stage } from "../support/person.ts";
import type { ServerProcess } from "../support/program_server.ts";

const rounds = 6;
const messages = 30;
const saves = 20;
const seed = Number(Deno.env.get("MAILCTL_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 32));
const told = `MAILCTL_TEST_SEED=${seed}`;

function letter(name: string | number, body: string): string {
  return `From: bob@mail.test\r\nSubject: ${name}\r\nMessage-ID: <${name}@mail.test>\r\n\r\n${body}`;
}

/** An account with a bridge that is killed and comes again, as its server does. */
class Scene implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #random = seeded(seed);
  readonly #server: ServerProcess;
  readonly #bob: Person;
  #bridge: BridgeProcess;

  private constructor(stage: Stage, server: ServerProcess, bob: Person, bridge: BridgeProcess) {
    this.#stage = stage;
    this.#server = server;
    this.#bob = bob;
    this.#bridge = bridge;
  }

  static async open(): Promise<Scene> {
    const stage = new Stage();
    const server = await stage.server();
    const [bob] = await stage.people(server, "bob");
    return new Scene(stage, server, bob!, await BridgeProcess.start(bob!));
  }

  connect(): Promise<ImapProgram> {
    return connectImap(this.#bridge);
  }

  /** Kills one of them within `mostMs`, and starts it again. A bridge lives on while its server is away. */
  async killAtAnyMoment(victim: "bridge" | "server", mostMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#random() % mostMs));
    if (victim === "server") {
      await this.#server.stop("SIGKILL");
      await this.#server.start();
    } else {
      await this.#bridge.stop("SIGKILL");
      this.#bridge = await BridgeProcess.start(this.#bob);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bridge.stop("SIGKILL");
    await this.#stage[Symbol.asyncDispose]();
  }
}

/** Works to the end, or until the connection is cut. */
async function untilCut(program: ImapProgram, work: () => Promise<unknown>): Promise<void> {
  program.isStrict = false; // an answer may be cut off
  await work().catch(() => {});
  program.close();
}

Deno.test("kill -9 at any moment while a program works by IMAP", async (t) => {
  await using scene = await Scene.open();
  await t.step("messages that are moved are in one folder, with their flags", async () => {
    await fill(scene);
    for (let round = 0; round < rounds; round++) await moveOver(scene, round);
  });
  await t.step("a draft that is replaced is there as it was last stored", async () => {
    const program = await scene.connect();
    await append(program, "Drafts (\\Draft)", draft(1));
    program.close();
    let stored = 1;
    for (let round = 0; round < rounds / 2; round++) stored = await replaceOver(scene, stored);
  });
});

async function fill(scene: Scene): Promise<void> {
  const program = await scene.connect();
  await program.ok("CREATE there");
  for (let at = 0; at < messages; at++) {
    await append(program, "INBOX (\\Flagged \\Seen own)", letter(at, "x\r\n"));
  }
  program.close();
}

/** Moves all to the other folder, is cut off, and looks where they are. */
async function moveOver(scene: Scene, round: number): Promise<void> {
  const program = await scene.connect();
  const [from, to] = round % 2 === 0 ? ["INBOX", "there"] : ["there", "INBOX"];
  await program.ok(`SELECT ${from}`);
  const moving = untilCut(program, async () => {
    for (let at = 0; at < messages; at += 3) await program.ask(`MOVE 1:3 ${to}`);
  });
  await scene.killAtAnyMoment(round % 4 < 2 ? "bridge" : "server", 150);
  await moving;

  const after = await scene.connect();
  const found: FetchedMessage[] = [];
  for (const folder of ["INBOX", "there"]) {
    await after.ok(`SELECT ${folder}`);
    found.push(...await fetchAll(after));
  }
  const wanted = Array.from({ length: messages }, (_, at) => letter(at, "x\r\n"));
  assert.deepEqual(found.map(({ text }) => text).sort(), wanted.sort(), told);
  for (const { flags } of found) assert.deepEqual(flags, ["\\Flagged", "\\Seen", "own"], told);
  after.close();
}

/** Saves a draft again and again, is cut off, and looks what is there. Returns the number of the newest. */
async function replaceOver(scene: Scene, before: number): Promise<number> {
  let stored = before;
  const program = await scene.connect();
  await program.ok("SELECT Drafts");
  let old = (await fetchAll(program)).map(({ uid }) => uid).join();
  const saving = untilCut(program, async () => {
    for (let save = 0; save < saves; save++) {
      const uid = await append(program, "Drafts (\\Draft)", draft(stored + 1));
      stored++;
      await program.ok(`UID STORE ${old} +FLAGS.SILENT (\\Deleted)`);
      await program.ok(`UID EXPUNGE ${old}`);
      old = String(uid);
    }
  });
  await scene.killAtAnyMoment("bridge", 1_000);
  await saving;

  const after = await scene.connect();
  await after.ok("SELECT Drafts");
  const drafts = await fetchAll(after);
  const numbers = drafts.map(({ text }) => Number(/^Subject: (\d+)/m.exec(text)![1]));
  assert.deepEqual(drafts.map(({ text }) => text), numbers.map(draft), told);
  const newest = Math.max(...numbers);
  assert.ok(newest === stored || newest === stored + 1, `${told}: ${newest} of ${stored}`);
  const older = drafts.filter((_, at) => numbers[at] !== newest).map(({ uid }) => uid);
  assert.ok(older.length <= 1, `${told}: ${numbers}`);
  for (const uid of older) {
    await after.ok(`UID STORE ${uid} +FLAGS (\\Deleted)`);
    await after.ok(`UID EXPUNGE ${uid}`);
  }
  after.close();
  return newest;
}

function draft(number: number): string {
  return letter(number, `line ${number}\r\n`.repeat(500));
}
