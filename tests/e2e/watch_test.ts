/** Watching and waiting with the real program: over killed servers, closed pipes, long commands and lies. */
import { asAccountName } from "../../src/model/address.ts";
import { accountId, type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { seeded } from "../support/mime.ts";
import { changedEntries, HostileServer } from "../support/hostile_server.ts";
import { deadline, Person, Stage, until } from "../support/person.ts";
import { sendHere } from "../support/person_here.ts";

/** A program that runs, and what it has written so far. */
class Watcher {
  readonly child: Deno.ChildProcess;
  out = "";
  err = "";
  readonly #done: Promise<unknown>;

  constructor(person: Person, args: readonly string[], env: Record<string, string> = {}) {
    this.child = person.home.start(args, { env });
    const { stdout, stderr } = this.child;
    this.#done = Promise.all([
      keep(stdout, (text) => this.out += text),
      keep(stderr, (text) => this.err += text),
    ]);
  }

  get lines(): string[] {
    return this.out.split("\n").slice(0, -1);
  }

  /** Waits for its end and returns its status. */
  async ended(): Promise<number> {
    const { code } = await deadline(this.child.status, 120_000, "the watch does not end");
    await this.#done;
    return code;
  }
}

async function keep(stream: ReadableStream<Uint8Array>, take: (text: string) => void) {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}

Deno.test("a watch loses and doubles nothing, however often the server is killed", async () => {
  const random = seeded(40);
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const sent: string[] = [];
  const send = async (subject: string) => {
    await sendHere(alice!, server.address, { to: ["bob"], subject, body: "x" });
    sent.push(subject);
  };
  await send("first");
  const count = 1 + 4 * 5;
  const watcher = new Watcher(bob!, ["watch", "--unread", "--json", "-n", String(count)]);
  await until(() => watcher.lines.length === 1, "the first line");
  for (let round = 0; round < 4; round++) {
    const before = random() % 4;
    for (let n = 0; n < before; n++) await send(`${round} ${n}`);
    const signal = round % 2 === 0 ? "SIGKILL" : "SIGTERM";
    await server.stop(signal);
    await server.start();
    for (let n = before; n < 5; n++) await send(`${round} ${n}`);
  }
  assert.equal(await watcher.ended(), 0);
  assert.deepEqual(watcher.lines.map((line) => JSON.parse(line).subject), sent);
});

Deno.test("a watch tells an outage once, and goes on when it is over", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await sendHere(alice!, server.address, { to: ["bob"], subject: "1", body: "x" });
  const watcher = new Watcher(bob!, ["watch", "--unread", "-n", "2"]);
  await until(() => watcher.lines.length === 1, "the first line");
  await server.stop("SIGKILL");
  await until(() => watcher.err !== "", "a word on the outage");
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // a few more tries
  await server.start();
  await sendHere(alice!, server.address, { to: ["bob"], subject: "2", body: "x" });
  assert.equal(await watcher.ended(), 0);
  assert.match(watcher.err, /^mailctl: Cannot reach .*\. Trying again\n$/);
});

Deno.test("a watch whose reader has gone ends without a word at the next message", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const child = bob!.home.start(["watch", "--unread"]);
  await sendHere(alice!, server.address, { to: ["bob"], subject: "1", body: "x" });
  const reader = child.stdout.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /\t1\t0\n$/);
  await reader.cancel();
  const ended = child.status;
  await sendHere(alice!, server.address, { to: ["bob"], subject: "2", body: "x" });
  assert.equal((await deadline(ended, 120_000, "it does not end")).code, 0);
  assert.equal(await new Response(child.stderr).text(), "");
});

Deno.test("a message that a command handled is marked, though the server restarted meanwhile", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  for (const subject of ["1", "2"]) {
    await sendHere(alice!, server.address, { to: ["bob"], subject, body: subject });
  }
  const script = 'echo "$MAILCTL_ID" >> ran; until [ -e go ]; do sleep 0.05; done';
  const args = ["watch", "--unread", "-n", "2", "--exec", "sh", "--", "-c", script];
  const watcher = new Watcher(bob!, args);
  const ran = () => Deno.readTextFile(`${bob!.home.work}/ran`).catch(() => "");
  await until(async () => await ran() === "1\n", "the command");
  await server.stop("SIGKILL");
  await server.start();
  await Deno.writeTextFile(`${bob!.home.work}/go`, "");
  assert.equal(await watcher.ended(), 0);
  assert.equal(await ran(), "1\n2\n");
  assert.equal((await bob!.list("inbox")).unread, 0);
});

const waiting = "echo $$ > pid; while :; do sleep 0.05; done";
const ended = [
  ["ends by itself", `trap 'exit 0' TERM; ${waiting}`, "", 0],
  ["is ended", waiting, "mailctl: sh ended with SIGTERM for message 2\n", 1],
] as const;
for (const [what, script, told, unread] of ended) {
  Deno.test(`a signal that ends a watch reaches its command, which ${what} first`, async () => {
    await using stage = new Stage();
    const server = await stage.server();
    const [alice] = await stage.people(server, "alice");
    await sendHere(alice!, server.address, { to: ["alice"], subject: "x", body: "x" });
    const args = ["watch", "--unread", "--exec", "sh", "--", "-c", script];
    const watcher = new Watcher(alice!, args);
    const pid = () => Deno.readTextFile(`${alice!.home.work}/pid`).then(Number, () => 0);
    await until(async () => await pid() > 0, "the command");
    watcher.child.kill("SIGTERM");
    assert.deepEqual([await watcher.ended(), watcher.err], [143, told]);
    const command = await pid();
    assert.throws(() => Deno.kill(command, "SIGCONT"), Deno.errors.NotFound);
    assert.equal((await alice!.list("inbox")).unread, unread);
  });
}

Deno.test("a wait outlives a server, and without one ends in time, as what could not look", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await sendHere(alice!, server.address, { to: ["bob"], subject: "1", body: "1" });
  const args = ["wait", "--unread", "--verified", "--body"];
  const waiter = new Watcher(bob!, args);
  const late = new Watcher(bob!, [...args, "--from", "alice", "--timeout", "4s"]);
  const passedOver = /^mailctl: Skipped message 1: its key was not (?:compared|seen before)\n/;
  for (const each of [waiter, late]) await until(() => passedOver.test(each.err), "a first look");
  await server.stop("SIGKILL");
  await server.start();
  // Only a person's own key needs no comparing.
  await sendHere(bob!, server.address, { to: ["bob"], subject: "2", body: "body 2" });
  assert.deepEqual([await waiter.ended(), waiter.out], [0, "body 2"]);
  await server.stop("SIGKILL");
  assert.deepEqual([await late.ended(), late.out], [69, ""]);
  assert.match(
    late.err,
    /Cannot wait any longer: the server could not be reached when 4s was up/,
  );
});

Deno.test("a wait whose server never answers ends in time, as what could not look", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [bob] = await stage.people(server, "bob");
  await server.stop("SIGKILL");
  const { hostname, port } = new URL(`tcp://${server.address}`);
  using _silent = Deno.listen({ hostname, port: Number(port) });
  const { status, out, err } = await bob!.run(["wait", "--timeout", "1s"]);
  assert.deepEqual([status, out], [69, ""]);
  assert.match(err, /the server could not be reached when 1s was up/);
});

Deno.test("no command runs, and no wait ends, for what a lying server made of a message", async () => {
  await using server = await HostileServer.start();
  await using stage = new Stage();
  const [alice, bob] = await stage.people(server, "alice", "bob", "carol");
  for (const subject of ["approved", "denied"]) {
    await alice!.send(["bob", "-s", subject, "-m", subject]);
  }
  const exec = ["watch", "--unread", "-n", "1", "--exec", "sh", "--", "-c", "echo ran"];

  const forged = {
    ...changedEntries((entry) => ({ ...entry, from: asAccountName("carol") })),
    newMail: (honest: HostileServer["store"]) => async (query: never) =>
      (await honest.newMail(query)).map((entry) => ({ ...entry, from: asAccountName("carol") })),
  };
  await server.lying(forged, async () => {
    const waited = await bob!.run(["wait", "--unread", "--from", "carol", "--timeout", "2s"]);
    assert.deepEqual([waited.status, waited.out], [84, ""]);
    assert.match(waited.err, /Skipped message 1: its signature is invalid/);
    const watcher = new Watcher(bob!, exec);
    await until(() => watcher.err.split("\n").length > 2, "two messages passed over");
    watcher.child.kill();
    await watcher.ended();
    assert.equal(watcher.out, "");
  });

  const swapped = {
    entries: (honest: HostileServer["store"]) => async (account: number, ids: readonly EntryId[]) =>
      (await honest.entries(accountId(account), ids.map((id) => entryId(3 - id))))
        .map((entry, at) => entry && { ...entry, id: ids[at]! }),
  };
  await server.lying(swapped, async () => {
    const waited = await bob!.run(["wait", "--unread", "--subject", "approved", "--body"]);
    assert.deepEqual([waited.status, waited.out], [82, ""]);
    const swappedWatcher = new Watcher(bob!, exec);
    await until(() => swappedWatcher.err.split("\n").length > 2, "two messages passed over");
    swappedWatcher.child.kill();
    await swappedWatcher.ended();
    assert.equal(swappedWatcher.out, "");
  });
  assert.equal((await bob!.list("inbox")).unread, 2);
});

Deno.test("a send that waits to be read outlives a server, between one receipt and the next", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob, carol] = await stage.people(server, "alice", "bob", "carol");
  const args = ["send", "bob", "carol", "-m", "x", "--wait", "read", "--timeout", "2m"];
  const waiter = new Watcher(alice!, args);
  await until(() => waiter.lines.length === 1, "the id");
  await bob!.do(["read", "1"]);
  await server.stop("SIGKILL");
  await server.start();
  await carol!.do(["read", "1"]);
  assert.deepEqual([await waiter.ended(), waiter.out], [0, "1\n"]);
  const [sent] = (await alice!.list("sent")).messages;
  assert.deepEqual(sent!.deliveries.map(({ state }) => state), ["read", "read"]);
});

Deno.test("a send that waits to be read tells a server that is away from readers that are", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const waiter = new Watcher(alice!, [
    "send",
    "alice",
    "-m",
    "x",
    "--wait",
    "read",
    "--timeout",
    "4s",
  ]);
  await until(() => waiter.lines.length === 1, "the id");
  await server.stop("SIGKILL");
  assert.equal(await waiter.ended(), 69);
  assert.match(waiter.err, /hint: The message was sent\. /);
});
