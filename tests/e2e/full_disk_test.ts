/** A disk that is full: the send is refused, everything else goes on, and with room it works again. Files that may not grow. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { deadline, password, Person, Stage } from "../support/person.ts";
import { SmallDisk } from "../support/program_disk.ts";

const mebi = 1024 * 1024;

Deno.test("a full disk", async (t) => {
  await using stage = new Stage();
  const disk = stage.keep(await SmallDisk.mount(`${stage.folder}/disk`, 48));
  const data = `${disk.folder}/data`;
  const server = await stage.server({ args: ["--data", data] });
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const carol = await Person.join("carol", stage.home("carol"), server.trusted);
  const first = await alice!.send(["bob", "-s", "first", "-m", "there before"]);
  let sent = 1;

  await t.step(
    "refuses a send with 75 while there is room for all else, and says why",
    async () => {
      const stdin = randomBytes(1.5 * mebi);
      for (;;) {
        const args = ["send", "bob", "-s", `large ${sent}`, "-m", "", "-a", "-:x"];
        const { status, out, err } = await alice!.run(args, { stdin });
        if (status === 0 && sent++ < 20) continue;
        assert.deepEqual([status, out], [75, ""], err);
        assert.match(err, /no room|full/i);
        break;
      }
      const mail = `From: x@y.test\n\n${"x".repeat(3 * mebi)}\n`;
      for (const args of [["send", "bob", "-m", "", "-a", "-:x"], ["import", "-"]]) {
        const { status, out } = await alice!.run([...args, "--json"], { stdin: mail });
        assert.deepEqual([status, JSON.parse(out).error?.code], [75, "storage_full"], args[0]);
      }
    },
  );

  await t.step("stores nothing of it, and what is there can be listed and read", async () => {
    assert.equal((await alice!.list("sent")).total, sent);
    assert.equal((await bob!.list("inbox")).total, sent);
    assert.equal((await bob!.do(["read", "1", "--body"])).out, "there before");
    assert.equal((await alice!.read(first))[0]!.body, "there before");
    const { bytes } = await bob!.do(["read", "2", "--attachment", "1", "--peek"]);
    assert.equal(bytes.length, 1.5 * mebi);
    assert.match((await bob!.do(["ping"])).out, /round trip/);
  });

  await t.step("marks, logs in, disables and starts again", async () => {
    await bob!.do(["flag", "1", "+urgent"]);
    await stage.elsewhere(carol, "elsewhere");
    const disabled = await stage.home("server").run(["admin", "disable", "carol", "--data", data]);
    assert.deepEqual([disabled.status, disabled.err], [0, ""]);
    assert.equal(await server.stop(), 0);
    await server.start();
    assert.equal((await bob!.list("inbox")).total, sent);
  });

  await t.step("takes mail again in the place of what is deleted", async () => {
    await bob!.do(["delete", "2", "3", "4"]);
    await alice!.do(["delete", "2", "3", "4"]);
    const args = ["send", "bob", "-s", "instead", "-m", "", "-a", "-:x"];
    const again = async () => (await alice!.run(args, { stdin: randomBytes(mebi) })).status;
    const swept = async () => {
      while (await again() === 75);
    };
    await deadline(swept(), 20_000, "what was deleted is swept");
    sent -= 2;
  });

  await t.step("with nothing left, lists and reads, and says at a start what to do", async () => {
    const ballast = `${disk.folder}/ballast`;
    await fill(ballast);
    assert.equal((await bob!.list("inbox")).total, sent);
    assert.equal((await bob!.run(["read", "5", "--attachment", "1"])).bytes.length, 1.5 * mebi);
    assert.equal(await server.stop(), 0);
    await fill(ballast);
    const args = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    const { status, err } = await stage.home("server").run(args);
    assert.deepEqual([status, err], [
      75,
      `mailctl: Cannot open ${data}: no space is left on the device\n` +
      "hint: Make room on that disk, for instance by moving away what else is there.\n",
    ]);
    const inMemory = ["serve", "--listen", "127.0.0.1:0", "--data", "memory:", "--ephemeral"];
    const keyless = await stage.home("keyless").run([...inMemory, "--keys", `${disk.folder}/keys`]);
    assert.equal(keyless.status, 75, keyless.err);
    assert.match(
      keyless.err,
      /^mailctl: Cannot use \S+\/keys\S*: no space is left on the device\n/,
    );
    Deno.removeSync(ballast);
    await server.start();
    await disk.resize(80);
    const stdin = randomBytes(8 * mebi);
    await alice!.send(["bob", "-s", "last", "-m", "", "-a", "-:x"], { stdin });
    const { total, messages } = await bob!.list("inbox");
    assert.deepEqual([total, messages[0]!.subject], [sent + 1, "last"]);
  });

  await server.stop();
});

/** Makes a file longer until the disk is full. */
async function fill(path: string): Promise<void> {
  const file = await Deno.open(path, { append: true, create: true });
  for (const bytes of [mebi, 4096]) {
    try {
      for (;;) await file.write(new Uint8Array(bytes));
    } catch {
      // full
    }
  }
  file.close();
}

Deno.test("a server whose data can only be read ends with 78, and says what to do", async () => {
  await using stage = new Stage();
  const disk = stage.keep(await SmallDisk.mount(`${stage.folder}/disk`, 2));
  const data = `${disk.folder}/data`;
  Deno.mkdirSync(data, { mode: 0o700 });
  await disk.makeReadOnly();
  const args = ["serve", "--listen", "127.0.0.1:0", "--data", data];
  const { status, err } = await stage.home("closed").run(args);
  assert.equal(status, 78, err);
  assert.match(err, /data: the file system is read-only\nhint: Make it writable .*--data DIR/);
});

Deno.test("a server whose database cannot be opened ends with 74, and names SQLite's reason", async () => {
  await using stage = new Stage();
  const home = stage.home("broken");
  const data = `${home.folder}/data`;
  Deno.mkdirSync(`${data}/mailctl.db-wal`, { recursive: true, mode: 0o700 });
  Deno.chmodSync(data, 0o700);
  const { status, err } = await home.run(["serve", "--listen", "127.0.0.1:0", "--data", data]);
  assert.equal(status, 74, err);
  assert.match(err, /SQLITE_IOERR, \d+/);
});

Deno.test("a backup, or a restore, that a disk has no room for is told of in a line, and not left", async (t) => {
  await using stage = new Stage();
  const disk = stage.keep(await SmallDisk.mount(`${stage.folder}/disk`, 1));
  const data = `${stage.folder}/data`;
  const server = await stage.server({ args: ["--data", data] });
  const [alice] = await stage.people(server, "alice");
  const administrator = stage.home("administrator");
  const backUp = (path: string) => ["admin", "backup", path, "--data", data];
  await administrator.run(backUp(`${stage.folder}/small.db`));
  await alice!.send(["alice", "-m", "", "-a", "-:x"], { stdin: randomBytes(3 * mebi) });
  await server.stop();
  await administrator.run(backUp(`${stage.folder}/large.db`));
  const restore = (
    name: string,
    data: string,
  ) => ["admin", "restore", `${stage.folder}/${name}.db`, "--force", "--data", data];

  const full = "no space is left on the device";
  const limited = "the disk failed, or it would be larger than a quota, or `ulimit -f`, allows";
  const places = [[disk.folder, "true", full], [stage.folder, "ulimit -f 1000", limited]] as const;
  for (const [place, before, reason] of places) {
    const folders = { work: `${place}/work`, empty: `${place}/empty`, used: `${place}/used` };
    for (const folder of Object.values(folders)) Deno.mkdirSync(folder, { mode: 0o700 });
    assert.equal((await administrator.run(restore("small", folders.used))).status, 0);
    const tries: readonly (readonly [string[], path: string, folder: string])[] = [
      [backUp(`${folders.work}/b.db`), `${folders.work}/b.db`, folders.work],
      [restore("large", folders.empty), `${folders.empty}/mailctl.db`, folders.empty],
      [restore("large", folders.used), `${folders.used}/mailctl.db`, folders.used],
    ];
    for (const [args, path, folder] of tries) {
      await t.step(`${args[1]} into ${path.slice(stage.folder.length)}: ${before}`, async () => {
        const files = filesIn(folder);
        const home = stage.home(path.slice(stage.folder.length).replaceAll("/", "-"));
        home.env["DENO_DIR"] = "/dev/null/none";
        home.runsIn(before);
        const { status, err } = await home.run(args);
        assert.deepEqual([status, err], [73, `mailctl: Cannot write ${path}: ${reason}\n`]);
        assert.deepEqual(filesIn(folder), files);
      });
    }
    const kept = await administrator.run([
      "admin",
      "backup",
      `${place}/kept.db`,
      "--data",
      folders.used,
    ]);
    assert.deepEqual([kept.status, kept.err], [0, ""], "the store that was there works");
  }
});

const state = "../home/.local/state/mailctl";

/** Blocks of 512 bytes, a command, the file that it cannot write, and the folder of that. */
const tooLong:
  readonly (readonly [blocks: number, args: string[], file: string, folder: string])[] = [
    [200, ["read", "1", "--save", "saved"], "saved/x", "saved"],
    [200, ["read", "1", "--attachment", "x", "-o", "x"], "x", "."],
    [200, ["export", "-o", "mbox"], "mbox", "."],
    [200, ["sendmail", "-odq", "alice"], "the message to the queue", `${state}/spool`],
    [0, ["logout"], "logins.json", state],
  ];

Deno.test("a file that would pass `ulimit -f` is told of in a line, and not left", async (t) => {
  await using stage = new Stage();
  const [alice] = await stage.people(await stage.server(), "alice");
  const stdin = `A: 1\n\n${"x".repeat(300_000)}`;
  await alice!.send(["alice", "-m", "", "-a", "-:x"], { stdin });
  const { home } = alice!;
  home.env["DENO_DIR"] = "/dev/null/none"; // what the runtime keeps for its next run is larger
  for (const [blocks, args, file, folder] of tooLong) {
    await t.step(args.join(" "), async () => {
      const path = `${home.work}/${folder}`;
      Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
      const before = filesIn(path);
      home.runsIn(`ulimit -f ${blocks}`);
      const { status, err } = await alice!.run(args, { stdin });
      assert.equal(status, 73, err);
      const reason = "it would be larger than the file system, or `ulimit -f`, allows";
      const [line] = err.split(/\n(?:hint: .*\n)?$/);
      assert.match(line!, /^mailctl: Cannot write .*$/);
      assert.ok(line!.endsWith(`${file}: ${reason}`), err);
      assert.deepEqual(filesIn(path), before);
    });
  }
});

Deno.test("a search past `ulimit -f` goes on without its index", async () => {
  await using stage = new Stage();
  const [alice] = await stage.people(await stage.server(), "alice");
  await alice!.send(["alice", "-s", "report", "-m", "x"]);
  const { home } = alice!;
  home.env["DENO_DIR"] = "/dev/null/none"; // what the runtime keeps for its next run is larger
  home.runsIn("ulimit -f 0");
  const { status, out, err } = await alice!.run(["search", "report"]);
  assert.deepEqual([status, out.split("\n").length], [0, 3], err);
  assert.match(
    err,
    /^mailctl: Cannot write .*`ulimit -f`, allows\. The command goes on without it$/m,
  );
});

Deno.test("a login that cannot be written leaves the one that is saved as it was", async () => {
  await using stage = new Stage();
  const { trusted } = await stage.server();
  const alice = await Person.join("alice", stage.home("alice"), trusted);
  alice.home.env["DENO_DIR"] = "/dev/null/none"; // what the runtime keeps for its next run is larger
  const before = (await alice.do(["login", "list"])).out;
  alice.home.runsIn("ulimit -f 0");
  const { status, err } = await alice.run(["login", "alice"], {
    env: { MAILCTL_PASSWORD: password },
  });
  assert.equal(status, 73, err);
  assert.match(err, /^mailctl: Cannot write .*logins\.json: /);
  alice.home.runsIn("ulimit -f unlimited");
  assert.equal((await alice.do(["login", "list"])).out, before);
});

/** The names in a folder, but for those of locks, with how long each file is. */
function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].filter(({ name }) => !/(^|\.)lock$/.test(name))
    .map(({ name }) => `${name} ${Deno.statSync(`${folder}/${name}`).size}`).sort();
}
