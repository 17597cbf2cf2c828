/**
 * Builds the self-extracting form of a small program and runs it as a user would, in fresh homes.
 * The hazards of unpacking are tried with a stand-in for the runtime, which unpacks in no time.
 */
import assert from "node:assert/strict";
import { build } from "../../tools/build.ts";

const main = `
const [command, ...rest] = Deno.args;
if (command === "args") console.log(JSON.stringify(rest));
if (command === "sendmail") console.log(JSON.stringify([command, ...rest]));
if (command === "stdin") await Deno.stdin.readable.pipeTo(Deno.stdout.writable);
if (command === "exit") Deno.exit(Number(rest[0]));
if (command === "worker") (await import("./src/store/sqlite/sqlite.ts")).startWriter();
if (command === "wait") {
  Deno.addSignalListener("SIGTERM", () => Deno.exit(7));
  console.log("ready");
  setInterval(() => {}, 60_000);
}
`;
const starter = `
export function startWriter() {
  const worker = new Worker(new URL("./writer.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };
}
`;
const writer = `
import { DatabaseSync } from "node:sqlite";
self.postMessage(new DatabaseSync(":memory:").prepare("SELECT 6 * 7 AS answer").get().answer);
`;

const root = Deno.makeTempDirSync({ prefix: "mailctl-build-test-" });
const standIn = `${root}/deno`;

/** A user with an empty home and an empty folder for temporary files. */
class User {
  readonly folder = Deno.makeTempDirSync({ dir: root });
  readonly cache = `${this.folder}/.cache/mailctl`;
  readonly temporary = `${this.folder}/tmp`;
  readonly env: Record<string, string> = {
    HOME: this.folder,
    TMPDIR: this.temporary,
    PATH: Deno.env.get("PATH") ?? "",
  };

  constructor() {
    Deno.mkdirSync(this.temporary);
  }

  start(program: string, ...args: string[]): Deno.ChildProcess {
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    return new Deno.Command(program, { args, env: this.env, clearEnv: true, ...pipes }).spawn();
  }

  async run(
    program: string,
    ...args: string[]
  ): Promise<{ code: number; out: string; err: string }> {
    const process = await this.#startFree(program, args);
    await process.stdin.close();
    const { code, stdout, stderr } = await process.output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    return { code, out: out ?? "", err: err ?? "" };
  }

  /** What was just written is busy while another test starts a program, which has all that is open for a moment. */
  async #startFree(program: string, args: readonly string[]): Promise<Deno.ChildProcess> {
    for (;;) {
      try {
        return this.start(program, ...args);
      } catch (error) {
        if (!String(error).includes("Text file busy")) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  async works(program: string): Promise<void> {
    assert.deepEqual(await this.run(program, "args", "x"), { code: 0, out: '["x"]', err: "" });
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 86_400_000);
}

async function make(name: string, program: string, runtime?: string): Promise<string> {
  const source = `${root}/${name}`;
  Deno.mkdirSync(`${source}/src/store/sqlite`, { recursive: true });
  Deno.writeTextFileSync(`${source}/main.ts`, program);
  Deno.writeTextFileSync(`${source}/src/store/sqlite/sqlite.ts`, starter);
  const worker = `${source}/src/store/sqlite/writer.ts`;
  Deno.writeTextFileSync(worker, writer);
  const output = `${source}/dist/mailctl`;
  await build({
    entry: `${source}/main.ts`,
    workers: [worker],
    output,
    runtime,
    gzipLevel: 1,
    form: "extract",
  });
  return output;
}

Deno.test("The built program behaves like the program", async (t) => {
  const program = await make("whole", main);
  const user = new User();

  await t.step("on two first runs at once, which leave one folder", async () => {
    await Promise.all(Array.from({ length: 2 }, () => user.works(program)));
    assert.equal(names(user.cache).length, 1);
    assert.deepEqual(names(user.temporary), []);
  });

  await t.step("with arguments of any kind", async () => {
    const args = ["two words", "", "--", "--help", "$HOME", "'\"\\", "ü\n"];
    assert.deepEqual(JSON.parse((await user.run(program, "args", ...args)).out), args);
  });

  await t.step("as sendmail and mailq, where it is called so", async () => {
    const calls = { sendmail: ["sendmail", "-t", "two words"], mailq: ["sendmail", "-bp"] };
    for (const [name, expected] of Object.entries(calls)) {
      const link = `${user.folder}/${name}`;
      Deno.symlinkSync(program, link);
      const args = name === "sendmail" ? expected.slice(1) : [];
      assert.deepEqual(JSON.parse((await user.run(link, ...args)).out), expected);
    }
  });

  await t.step("with its input, byte for byte", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const process = user.start(program, "stdin");
    const [{ stdout }] = await Promise.all([
      process.output(),
      ReadableStream.from([bytes]).pipeTo(process.stdin),
    ]);
    assert.deepEqual(stdout, bytes);
  });

  await t.step("with its exit status", async () => {
    assert.equal((await user.run(program, "exit", "3")).code, 3);
  });

  await t.step("with signals", async () => {
    const process = user.start(program, "wait");
    const reader = process.stdout.getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "ready\n");
    process.kill("SIGTERM");
    assert.equal((await process.status).code, 7);
    await Promise.all([reader.cancel(), process.stderr.cancel(), process.stdin.close()]);
  });

  await t.step("with a worker that has a database", async () => {
    assert.deepEqual(await user.run(program, "worker"), { code: 0, out: "42", err: "" });
  });
});

Deno.test("The self-extracting form trusts nothing it did not unpack itself", async (t) => {
  Deno.writeTextFileSync(standIn, `#!/bin/sh\nexec '${Deno.execPath()}' "$@"\n`, { mode: 0o700 });
  const program = await make("first", main, standIn);
  const next = await make("next", `${main} globalThis.version = "next";`, standIn);

  await t.step("eight first runs at once leave one folder", async () => {
    const user = new User();
    await Promise.all(Array.from({ length: 8 }, () => user.works(program)));
    assert.equal(names(user.cache).length, 1);
    assert.deepEqual(names(user.temporary), []);
  });

  await t.step("a damaged file is refused", async () => {
    const bytes = Deno.readFileSync(program);
    bytes[bytes.length - 20]! ^= 1;
    Deno.writeFileSync(`${root}/damaged`, bytes, { mode: 0o755 });
    const user = new User();
    const { code, err } = await user.run(`${root}/damaged`, "args");
    assert.equal(code, 65);
    assert.match(err, /is damaged/);
    assert.throws(() => names(user.cache), Deno.errors.NotFound);
  });

  await t.step("what a killed run leaves is ignored, and removed a day later", async () => {
    const user = new User();
    const killer = `${user.folder}/tar`;
    Deno.writeTextFileSync(killer, "#!/bin/sh\nkill -KILL $PPID\n", { mode: 0o700 });
    const { PATH } = user.env;
    user.env["PATH"] = `${user.folder}:${PATH}`;
    assert.equal((await user.run(program, "args")).code, 128 + 9);
    const [left] = names(user.cache);
    assert.match(left ?? "", /^new\./);

    user.env["PATH"] = PATH ?? "";
    await user.works(program);
    assert.equal(names(user.cache).length, 2);
    Deno.utimeSync(`${user.cache}/${left}`, daysAgo(2), daysAgo(2));
    await user.works(next);
    assert.ok(!names(user.cache).includes(left ?? ""));
  });

  await t.step("each version has a folder, until 30 days pass without a run", async () => {
    const user = new User();
    await user.works(program);
    const [old] = names(user.cache);
    await user.works(next);
    const [recent] = names(user.cache).filter((name) => name !== old);
    assert.ok(old && recent);

    for (const name of [old, recent]) {
      Deno.utimeSync(`${user.cache}/${name}/used`, daysAgo(32), daysAgo(32));
    }
    await user.works(next);
    await user.works(await make("last", `${main} globalThis.version = "last";`, standIn));
    const kept = names(user.cache);
    assert.ok(!kept.includes(old) && kept.includes(recent) && kept.length === 2);
  });

  await t.step("a folder without its last file is unpacked again", async () => {
    const user = new User();
    await user.works(program);
    const [name] = names(user.cache);
    for (const file of ["used", "main.js"]) Deno.removeSync(`${user.cache}/${name}/${file}`);
    await user.works(program);
    assert.deepEqual(names(user.cache), [name]);
  });

  await t.step("without a usable home, one private temporary folder serves", async () => {
    const user = new User();
    user.env["HOME"] = "/proc"; // nobody can write there, not even root
    Deno.symlinkSync(root, `${user.temporary}/mailctl-cache.linked`);
    await user.works(program);
    delete user.env["HOME"];
    await user.works(program);
    const [place, ...others] = names(user.temporary).filter((name) => !name.endsWith("linked"));
    assert.deepEqual(others, []);
    assert.equal(Deno.statSync(`${user.temporary}/${place}`).mode! & 0o777, 0o700);
  });

  const strange: Record<string, (cache: string) => void> = {
    "others may write to": (cache) => (Deno.mkdirSync(cache), Deno.chmodSync(cache, 0o777)),
    "is a link": (cache) => Deno.symlinkSync(Deno.makeTempDirSync({ dir: root }), cache),
    "is a file": (cache) => Deno.writeTextFileSync(cache, ""),
  };
  if (Deno.uid() === 0) {
    strange["another owns"] = (
      cache,
    ) => (Deno.mkdirSync(cache), Deno.chownSync(cache, 65534, 65534));
  }
  for (const [kind, plant] of Object.entries(strange)) {
    await t.step(`a cache folder that ${kind} is refused`, async () => {
      const user = new User();
      Deno.mkdirSync(`${user.folder}/.cache`);
      plant(user.cache);
      const { code, out, err } = await user.run(program, "args");
      assert.deepEqual([code, out], [77, ""]);
      assert.match(err, /Refused to unpack into/);
    });
  }

  await t.step("a full disk is told of, and nothing stays", async () => {
    const user = new User();
    const { code, err } = await user.run("sh", "-c", 'ulimit -f 0; exec "$0" args', program);
    assert.equal(code, 75);
    assert.match(err, /Cannot unpack into/);
    assert.throws(() => names(user.cache), Deno.errors.NotFound);
  });
});

Deno.test.afterAll(() => Deno.removeSync(root, { recursive: true }));
