/** How a server begins and ends: its folders, a second one on the same data, signals in the middle of a transfer. */
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Person, Stage, until } from "../support/person.ts";
import { finish } from "../support/program.ts";
import { ServerProcess } from "../support/program_server.ts";

const piece = new Uint8Array(64 * 1024).fill(7);

/** Begins to send what never ends by itself; the server keeps a part of it when this resolves. */
async function beginSend(person: Person, subject: string, data: string) {
  const child = person.home.start(["send", "bob", "-s", subject, "-m", "", "-a", "-:x"], {
    stdin: "",
  });
  const writer = child.stdin.getWriter();
  for (let count = 0; count < 32; count++) await writer.write(piece);
  using database = new DatabaseSync(`${data}/mailctl.db`, { readOnly: true });
  const uploads = database.prepare("SELECT id FROM body WHERE holders IS NULL");
  await until(() => uploads.all().length > 0, "the upload");
  return { child, writer };
}

/** How many connections its last end cut, rather than see them finish. */
function connectionsCut({ log }: ServerProcess): number {
  const lines = log.trim().split("\n").map((line) => JSON.parse(line));
  const { event, cut = 0 } = lines.at(-1);
  assert.equal(event, "stopped");
  return cut;
}

Deno.test("a server's life", async (t) => {
  await using stage = new Stage();
  const server = await stage.server({ isFresh: true });
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const kept = `${stage.folder}/server/home/.local/share/mailctl`;

  await t.step("its folders are 0700, its files 0600, its log says nothing of mail", async () => {
    await alice!.send(["bob", "-s", "hush hush", "-m", "psst", "-a", "-:secret.txt"], {
      stdin: "",
    });
    assert.match(server.log, /^\{.*"event":"started".*\}\n/);
    for (const line of server.log.trim().split("\n")) assert.doesNotThrow(() => JSON.parse(line));
    assert.doesNotMatch(server.log, /hush|psst|secret/);
    const modes = [...modesUnder(kept)].filter(({ path, mode, isDirectory }) =>
      mode !== (isDirectory ? 0o700 : 0o600) && path !== ""
    );
    assert.deepEqual(modes, []);
  });

  await t.step("a second server on the same data is refused with 78", async () => {
    const second = await stage.home("server").run(["serve", "--listen", "127.0.0.1:0"]);
    assert.deepEqual([second.status, second.out], [78, ""]);
    assert.match(second.err, /a server or a restore uses it/);
    const taken = ["serve", "--listen", server.address, "--data", "d", "--keys", "k"];
    const other = await stage.home("server").run(taken);
    assert.deepEqual([other.status, other.out], [69, ""]);
    assert.match(other.err, /another program uses the address/);
    assert.equal((await bob!.list("inbox")).total, 1);
  });

  await t.step("SIGTERM lets a transfer finish that goes on", async () => {
    const { child, writer } = await beginSend(alice!, "finished", `${kept}/data`);
    const stopped = server.stop("SIGTERM", 6_000);
    await writer.write(piece);
    await writer.close();
    const { status, err } = await finish(child);
    assert.deepEqual([status, err], [0, ""]);
    assert.equal(await stopped, 0);
    await server.start();
    assert.equal((await bob!.list("inbox")).messages[0]!.subject, "finished");
  });

  await t.step(
    "SIGINT cuts one that stands still, after its 5 s, and leaves nothing of it",
    async () => {
      const { child, writer } = await beginSend(alice!, "cut", `${kept}/data`);
      assert.equal(await server.stop("SIGINT", 60_000), 0);
      assert.equal(connectionsCut(server), 1);
      await writer.close().catch(() => {}); // the client may be gone
      const { status, out, err } = await finish(child);
      assert.deepEqual([status, out], [69, ""], err);
      await server.start();
      assert.equal((await bob!.list("inbox")).total, 2);
      assert.equal((await alice!.list("sent")).total, 2);
    },
  );

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await t.step(`a second ${signal} waits for nothing`, async () => {
      const { child, writer } = await beginSend(alice!, "ended", `${kept}/data`);
      const ended = server.stop("SIGINT", 60_000);
      await until(async () => !(await listens(server.address)), "the first to be taken");
      assert.equal(await server.stop(signal), signal === "SIGINT" ? 130 : 143);
      await ended;
      await writer.close().catch(() => {}); // the client may be gone
      assert.equal((await finish(child)).status, 69);
      await server.start();
      assert.equal((await bob!.list("inbox")).total, 2);
    });
  }

  await t.step("an idle one ends at once", async () => {
    assert.equal(await server.stop("SIGTERM"), 0);
    assert.equal(connectionsCut(server), 0);
    const { status } = await alice!.run(["inbox"]);
    assert.equal(status, 69);
  });

  await t.step("a restart keeps key, certificate, accounts, mail and logins", async () => {
    const before = server.trusted;
    await server.start();
    assert.equal(server.trusted, before);
    assert.equal((await bob!.list("inbox")).total, 2);
    assert.equal((await bob!.read(entryId(1)))[0]!.body, "psst");
    await until(() => server.log.includes("stopped"), "the log of its end");
  });

  await t.step("a new certificate for the same key is nothing that clients notice", async () => {
    await server.stop();
    Deno.removeSync(`${kept}/keys/self_signed.pem`);
    await server.start();
    for (let count = 0; count < 2; count++) assert.equal((await bob!.list("inbox")).total, 2);
  });

  await t.step("a client that breaks off its TLS handshake does not hold up the end", async () => {
    const broken = await breakOff(server.address);
    assert.equal(await server.stop("SIGTERM"), 0);
    assert.equal(connectionsCut(server), 0);
    broken.close();
    await server.start();
  });

  await t.step("it holds on to its domain, and refuses loose modes", async () => {
    await server.stop();
    const home = stage.home("server");
    const other = await home.run(["serve", "--listen", "127.0.0.1:0", "--domain", "else.test"]);
    assert.equal(other.status, 78, other.err);
    Deno.chmodSync(`${kept}/data`, 0o750);
    const loose = await home.run(["serve", "--listen", "127.0.0.1:0"]);
    assert.equal(loose.status, 78, loose.err);
    assert.match(loose.err, /hint: Run `chmod 700/);
    Deno.chmodSync(`${kept}/data`, 0o700);
    Deno.chmodSync(`${kept}/keys/server.key`, 0o640);
    assert.equal((await home.run(["serve", "--listen", "127.0.0.1:0"])).status, 78);
    Deno.chmodSync(`${kept}/keys/server.key`, 0o600);
    await using again = await ServerProcess.start(home);
    assert.equal(await again.stop(), 0);
  });
});

async function listens(address: string): Promise<boolean> {
  const [hostname = "", port] = address.split(":");
  return await Deno.connect({ hostname, port: Number(port) }).then((connection) => {
    connection.close();
    return true;
  }, () => false);
}

function* modesUnder(
  folder: string,
): Generator<{ path: string; mode: number; isDirectory: boolean }> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    yield { path, mode: Deno.statSync(path).mode! & 0o777, isDirectory };
    if (isDirectory) yield* modesUnder(path);
  }
}

/** Sends the first words of a TLS client, hears the server's, and says no more. */
async function breakOff(address: string): Promise<Deno.TcpConn> {
  const [hostname = "", port] = address.split(":");
  using listener = Deno.listen({ hostname, port: 0 });
  const { port: here } = listener.addr;
  const client = Deno.connectTls({ hostname, port: here }).then((tls) => tls.handshake());
  const caller = await listener.accept();
  const server = await Deno.connect({ hostname, port: Number(port) });
  const buffer = new Uint8Array(16 * 1024);
  await server.write(buffer.subarray(0, await caller.read(buffer) ?? 0));
  await server.read(buffer);
  await server.closeWrite();
  caller.close();
  await assert.rejects(client);
  return server;
}
