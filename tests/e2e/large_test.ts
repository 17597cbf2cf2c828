/** 25 MiB through a pipe and back in bounded memory, and nothing of what is over the limit. */
import assert from "node:assert/strict";
import { createHash, type Hash } from "node:crypto";
import { type Person, Stage } from "../support/person.ts";
import { finish, memoryOf, type Outcome, type RunOptions } from "../support/program.ts";
import { limits } from "../../src/model/limits.ts";

const mebi = 1024 * 1024;
const most = limits.maxMessageBytes;
const clientKiB = 250 * 1024;
// What the runtime's collector leaves lying about of one transfer; it must not grow with their number.
const serverGrowthKiB = 160 * 1024;
const laterGrowthKiB = 32 * 1024;

/** Streams random bytes, each run its own, and tells their digest. */
function randomStream(bytes: number): { stream: ReadableStream<Uint8Array>; digest: Hash } {
  const digest = createHash("sha256");
  let left = bytes;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = crypto.getRandomValues(new Uint8Array(Math.min(left, 64 * 1024)));
      left -= piece.length;
      digest.update(piece);
      controller.enqueue(piece);
      if (left === 0) controller.close();
    },
  });
  return { stream, digest };
}

/** Runs a command and looks at the most memory it ever had, for as long as it lives. */
async function measured(
  person: Person,
  args: readonly string[],
  stdin?: RunOptions["stdin"],
): Promise<Outcome & { readonly peakKiB: number }> {
  const child = person.home.start(args, { stdin });
  let peakKiB = 0;
  const watch = setInterval(
    () => peakKiB = Math.max(peakKiB, memoryOf(child.pid, "VmHWM") ?? 0),
    5,
  );
  try {
    return { ...await finish(child, stdin), peakKiB };
  } finally {
    clearInterval(watch);
  }
}

Deno.test("messages as large as the limit, and larger", async (t) => {
  await using stage = new Stage();
  const server = await stage.server({ isFresh: true });
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-s", "small", "-m", "first"]);
  const before = memoryOf(server.pid, "VmHWM")!;

  await t.step("25 MiB go through a pipe and back", async () => {
    const { stream, digest } = randomStream(most);
    const args = ["send", "bob", "-s", "large", "-m", "see there", "-a", "-:large.bin"];
    const sent = await measured(alice!, args, stream);
    assert.deepEqual([sent.status, sent.err], [0, ""]);
    const [message] = (await bob!.list("inbox")).messages;
    assert.deepEqual([message!.subject, message!.attachments[0]!.size], ["large", most]);
    const expected = digest.digest("hex");
    const ways = [["--attachment", "1"], ["--attachment", "large.bin", "-o", "got"]];
    for (const way of ways) {
      const read = await measured(bob!, ["read", String(message!.id), ...way]);
      assert.deepEqual([read.status, read.err], [0, ""]);
      const got = way.length === 2 ? read.bytes : Deno.readFileSync(`${bob!.home.work}/got`);
      assert.equal(createHash("sha256").update(got).digest("hex"), expected);
      assert.ok(read.peakKiB > 0 && read.peakKiB < clientKiB, `read took ${read.peakKiB} KiB`);
    }
    assert.ok(sent.peakKiB > 0 && sent.peakKiB < clientKiB, `send took ${sent.peakKiB} KiB`);
  });

  await t.step("the server's memory does not grow with what passes through it", async () => {
    const once = memoryOf(server.pid, "VmHWM")!;
    assert.ok(once - before < serverGrowthKiB, `the server grew by ${once - before} KiB`);
    await alice!.send(["alice", "-m", "", "-a", "-:x"], { stdin: randomStream(most).stream });
    const id = String(await alice!.newest());
    assert.equal((await alice!.do(["read", id, "--attachment", "1"])).bytes.length, most);
    const later = memoryOf(server.pid, "VmHWM")! - once;
    assert.ok(later < laterGrowthKiB, `the server grew by ${later} KiB more`);
  });

  await t.step("a file over the limit is refused before any of it is sent", async () => {
    const path = `${alice!.home.work}/over.bin`;
    using file = Deno.openSync(path, { create: true, write: true });
    file.truncateSync(most + limits.uncountedContentBytes + 1);
    for (const args of [["-m", "", "-a", "over.bin"], ["--body-file", "over.bin"]]) {
      const { status, out, err } = await alice!.run(["send", "bob", ...args]);
      assert.deepEqual([status, out], [65, ""], args[0]);
      assert.match(err, /limit is 25\.0 MiB/);
    }
  });

  await t.step("a stream without an end is refused where the limit is", async () => {
    const { status, out, err } = await alice!.home.shell("yes | mailctl send bob -m '' -a -:yes");
    assert.deepEqual([status, out], [65, ""]);
    assert.match(err, /limit is 25\.0 MiB/);
  });

  await t.step("nothing of them is stored, and all works as before", async () => {
    assert.deepEqual([(await alice!.list("sent")).total, (await bob!.list("inbox")).total], [3, 2]);
    const { stream } = randomStream(5 * mebi);
    await alice!.send(["bob", "-m", "again", "-a", "-:again"], { stdin: stream });
    assert.equal(server.isRunning, true);
    assert.doesNotMatch(server.log, /internal/);
  });

  await t.step("a server with a lower limit names its own", async () => {
    const small = await stage.server({ name: "small", args: ["--max-message", "64K"] });
    const [carol] = await stage.people(small, "carol");
    const stdin = new Uint8Array(129 * 1024);
    const { status, err } = await carol!.run(["send", "carol"], { stdin });
    assert.equal(status, 65);
    assert.match(err, /limit is 64\.0 KiB/);
    assert.equal((await carol!.list("sent")).total, 0);
  });
});
