/** The door for administrators: who gets an answer, what a bad request gets, what a killed server leaves. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { askLocal, listenLocal } from "../../../src/net/local_socket.ts";
import { openAdminChannel } from "../../../src/server/admin/channel.ts";
import type { AdminServices } from "../../../src/server/admin/commands.ts";
import { until } from "../../support/person.ts";
import { recordingLog, startPipeServer } from "../../support/server.ts";
import { asServerFingerprint } from "../../../src/model/digests.ts";

async function withFolder(work: (folder: string) => Promise<void>, below = ""): Promise<void> {
  const parent = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    const folder = `${parent}/data${below}`;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await work(folder);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

const echo = (line: string) => Promise.resolve(`you said ${line}`);

for (const [kind, below] of [["short", ""], ["long", `/${"ü".repeat(80)}`]] as const) {
  Deno.test(`a socket at a ${kind} path is its owner's, answers, and is gone afterwards`, () =>
    withFolder(async (folder) => {
      const path = `${folder}/admin.socket`;
      const listener = await listenLocal(path, echo);
      const { mode, isSocket } = await Deno.stat(path);
      assert.deepEqual([isSocket, mode! & 0o777], [true, 0o600]);
      assert.equal(await askLocal(path, "hello", 5_000), "you said hello");
      const long = "x".repeat(1_000_000);
      assert.equal(await askLocal(path, long, 5_000), `you said ${long}`);
      await listener.close();
      assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
      await assert.rejects(askLocal(path, "hello", 5_000), { code: "unavailable" });
    }, below));
}

Deno.test("a socket that a killed server left is replaced, and nothing else is", () =>
  withFolder(async (folder) => {
    const path = `${folder}/admin.socket`;
    await leaveSocket(path);
    await assert.rejects(askLocal(path, "hello", 5_000), { code: "unavailable" });
    const listener = await listenLocal(path, echo);
    assert.equal(await askLocal(path, "hello", 5_000), "you said hello");
    await listener.close();
    await Deno.writeTextFile(path, "precious");
    await assert.rejects(listenLocal(path, echo), { code: "configuration" });
    assert.equal(await Deno.readTextFile(path), "precious");
  }));

Deno.test("a socket at which a server answers is not taken from it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/admin.socket`;
    const listener = await listenLocal(path, echo);
    const message = /a running server uses it/;
    await assert.rejects(listenLocal(path, echo), { code: "configuration", message });
    assert.equal(await askLocal(path, "hello", 5_000), "you said hello");
    await listener.close();
  }));

Deno.test("a server that ends leaves the socket of the next one, whatever it still has to answer", () =>
  withFolder(async (folder) => {
    const path = `${folder}/admin.socket`;
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const first = await listenLocal(path, () => {
      asked.resolve();
      return answer.promise;
    });
    const told = askLocal(path, "hello", 60_000);
    await asked.promise;
    const closing = first.close();
    await until(() => !existsSync(path), "that the socket is gone");
    const second = await listenLocal(path, echo);
    answer.resolve("at last");
    await closing;
    assert.equal(await told, "at last");
    assert.equal(await askLocal(path, "hello", 60_000), "you said hello");
    await second.close();
  }));

/** Binds a socket in a process that is killed. */
async function leaveSocket(path: string): Promise<void> {
  const script = `Deno.listen({ transport: "unix", path: Deno.args[0] }); console.log("on");
    setInterval(() => {}, 1000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", script, path],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
}

Deno.test("a line without end, a cut one and one of a megabyte end only their own connection", () =>
  withFolder(async (folder) => {
    const path = `${folder}/admin.socket`;
    const listener = await listenLocal(path, echo);
    const cut = await Deno.connect({ transport: "unix", path });
    await cut.write(new TextEncoder().encode("no line break"));
    await cut.closeWrite();
    assert.equal(await cut.read(new Uint8Array(10)), null);
    cut.close();
    await assert.rejects(askLocal(path, "x".repeat(1024 * 1024), 5_000), { code: "unavailable" });
    const silent = await Deno.connect({ transport: "unix", path });
    assert.equal(await askLocal(path, "hello", 5_000), "you said hello");
    await listener.close(); // does not wait for who says nothing
    assert.equal(await silent.read(new Uint8Array(10)), null);
    silent.close();
  }));

/** What is wrong with a folder -> how it is made so, and what is told. */
const unfit: Record<string, [make: (folder: string) => Promise<void>, told: RegExp]> = {
  "other users can access": [
    (folder) => Deno.chmod(folder, 0o755),
    /^Cannot use \S+: other users can access it \(mode 0755\)$/,
  ],
  ...Deno.uid() === 0 // nobody else may give folders away
    ? {
      "another user owns": [
        (folder) => Deno.chown(folder, 65_534, null),
        /^Cannot use \S+: it belongs to another user$/,
      ],
    }
    : {},
};

for (const [what, [make, told]] of Object.entries(unfit)) {
  Deno.test(`a server opens no door in a folder that ${what}`, () =>
    withFolder(async (folder) => {
      await make(folder);
      const { log } = recordingLog();
      const opening = openAdminChannel(folder, {} as AdminServices, log);
      await assert.rejects(opening, { code: "configuration", message: told });
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }));
}

Deno.test("a bad request is told off in one line, and the log has a line for each command that was carried out", () =>
  withFolder(async (folder) => {
    await using server = await startPipeServer();
    const { log, lines } = recordingLog();
    const fingerprint = asServerFingerprint(new Uint8Array(32));
    const facts = { address: "a:1", fingerprint, domain: "mail.test" };
    const { administration, aliases, invites } = server.context;
    const counts = { data: null, connections: () => 0, accountsOnline: () => 0, startedAt: 1 };
    const rotateKey = () => Promise.reject(new Error("nobody asks for it"));
    const clock = { now: Date.now, warnings: () => Promise.resolve([]), rotateKey };
    const subjects = { administration, aliases, invites, server: () => facts };
    const services = { ...subjects, ...counts, ...clock };
    const channel = await openAdminChannel(folder, services, log);
    let hint: string | undefined;
    const ask = async (request: string | object) => {
      const id = { request: "0123456789abcdef".repeat(2) };
      const line = typeof request === "string" ? request : JSON.stringify({ ...id, ...request });
      const { error } = JSON.parse(await askLocal(`${folder}/admin.socket`, line, 5_000));
      hint = error?.hint;
      return error?.code ?? "ok";
    };
    assert.equal(await ask({ command: "server", arguments: {} }), "ok");
    for (
      const bad of [
        "",
        "{",
        "null",
        "7",
        "[]",
        '{"command":7}',
        '{"command":"server"}',
        '{"command":"server","request":"0f","arguments":{}}',
      ]
    ) {
      assert.equal(await ask(bad), "malformed", bad);
    }
    for (const command of ["nothing", "constructor", "__proto__"]) {
      assert.equal(await ask({ command, arguments: {} }), "protocol", command);
    }
    const ofAnotherVersion = { command: "disable", arguments: { name: "ada" } };
    assert.equal(await ask(ofAnotherVersion), "malformed");
    assert.match(hint!, /Use the version of mailctl that the server runs/);
    const wrong = [{ uses: 0 }, { uses: 1.5 }, { uses: "1" }, { expiresInMs: -1 }, {
      maxBytes: "x",
    }];
    const token = "0f".repeat(16);
    const right = { token, uses: 1, expiresInMs: 1, maxBytes: 0, provisioning: false };
    assert.equal(await ask({ command: "invite", arguments: right }), "ok");
    for (const change of wrong) {
      assert.equal(
        await ask({ command: "invite", arguments: { ...right, ...change } }),
        "malformed",
      );
    }
    assert.equal(
      await ask({ command: "show", arguments: { name: "secret" } }),
      "no_such_recipient",
    );
    const page = { prefix: "", after: null };
    assert.equal(await ask({ command: "users", arguments: page }), "ok");
    assert.equal(await ask({ command: "users", arguments: { ...page, after: "x" } }), "ok");
    assert.equal(
      await ask({ command: "enable", arguments: { names: ["ada"] } }),
      "no_such_recipient",
    );
    await channel.close();
    const commands = lines.flatMap(({ event, command }) => event === "admin" ? [command] : []);
    assert.deepEqual(commands, ["invite", "users"]);
    assert.doesNotMatch(JSON.stringify(lines), /secret|token/);
  }));
