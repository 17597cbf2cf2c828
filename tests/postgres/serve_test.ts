/** Two servers of one database, as programs: mail, waiting, an end of one, and the commands of an administrator. */
import assert from "node:assert/strict";
import { askAdmin } from "../../src/cli/admin/ask_admin.ts";
import { asAccountName } from "../../src/model/address.ts";
import { asServerFingerprint } from "../../src/model/digests.ts";
import { listenLocal } from "../../src/net/local_socket.ts";
import { openStore } from "../../src/store/open.ts";
import { startServer } from "../support/server.ts";
import { deadline, password, Person, Stage, until } from "../support/person.ts";
import { cluster, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import type { ServerProcess } from "../support/program_server.ts";

interface Scene {
  readonly stage: Stage;
  readonly url: string;
  readonly one: ServerProcess;
  readonly other: ServerProcess;
}

async function onStage(act: (scene: Scene) => Promise<void>): Promise<void> {
  await using database = await freshDatabase();
  await using stage = new Stage();
  const args = ["--data", database.url];
  const one = await stage.server({ name: "one", args });
  const other = await stage.server({ name: "other", args });
  await act({ stage, url: database.url, one, other });
}

/** What holds -> how it is seen. */
const cases: Record<string, (scene: Scene) => Promise<void>> = {
  "mail sent at one is heard at the other, and read there after the first was killed": async (
    { stage, one, other },
  ) => {
    const [alice] = await stage.people(one, "alice") as [Person];
    const [bob] = await stage.people(other, "bob") as [Person];
    const waits = bob.home.start(["wait", "--unread"]); // it may connect behind the message
    await alice.send(["bob", "-s", "over", "-m", "from the other side"]);
    const heard = await deadline(waits.status, 30_000, "nothing is heard");
    assert.equal(heard.code, 0, other.log);
    await one.stop("SIGKILL");
    assert.equal((await bob.read(1))[0]?.body, "from the other side");
  },
  "a password changed at one ends a watch at the other": async ({ stage, one, other }) => {
    const alice = await Person.join("alice", stage.home("alice"), one.trusted);
    await alice.send(["alice", "-m", "x"]);
    const there = stage.home("there");
    there.env["MAILCTL_SERVER"] = other.trusted;
    there.env["MAILCTL_USER"] = "alice";
    const env = { MAILCTL_PASSWORD: password };
    const watches = there.start(["watch", "--unread"], { env });
    const heard = watches.stdout.getReader();
    await deadline(heard.read(), 30_000, "it does not begin"); // else its connection may be lost before it works
    await heard.cancel();
    const changed = { MAILCTL_PASSWORD: password, MAILCTL_NEW_PASSWORD: "another long password" };
    await alice.do(["passwd"], { env: changed });
    const { code } = await deadline(watches.status, 30_000, "it goes on");
    assert.equal(code, 77, other.log);
  },
  "an administrator is answered by the server here, or by the database": async (
    { stage, url, one },
  ) => {
    const [alice] = await stage.people(one, "alice") as [Person];
    const here = stage.home("one");
    const data = ["--data", url];
    const json = async (home: typeof here, ...args: string[]) => {
      const { status, out, err } = await home.run(["admin", ...args, ...data, "--json"]);
      assert.deepEqual([status, err], [0, ""], args.join(" "));
      return JSON.parse(out);
    };
    const elsewhere = stage.home("elsewhere");
    assert.equal((await json(here, "stats")).accounts, 1);
    const stats = await json(elsewhere, "stats");
    assert.deepEqual([stats.accounts, stats.connections, stats.started], [1, null, null]);
    assert.match(stats.warnings.join(), /no synchronous standby/);
    const quiet = await elsewhere.run(["admin", "invite", ...data]);
    assert.deepEqual([quiet.status, quiet.out], [64, ""]);
    const invite = await json(elsewhere, "invite", "--server", one.address);
    assert.equal(invite.fingerprint.replaceAll(" ", ""), one.fingerprint.replaceAll(" ", ""));
    await json(elsewhere, "disable", "alice");
    assert.notEqual((await alice.run(["inbox"])).status, 0);
    await json(elsewhere, "enable", "alice");
    await alice.do(["inbox"]);
    await using other = await freshDatabase();
    const wrong = await here.run(["admin", "stats", "--data", other.url]);
    assert.deepEqual([wrong.status, wrong.out], [78, ""]);
    assert.match(wrong.err, /it is empty/);
    const run = `${here.folder}/home/.local/share/mailctl/run`;
    const env = { MAILCTL_DATA: other.url };
    const named = await here.run(["admin", "stats", "--run", run, "--json"], { env });
    assert.equal(JSON.parse(named.out).accounts, 1, named.err);
    const file = `${stage.folder}/backup.db`;
    const backup = await elsewhere.run(["admin", "backup", file, ...data]);
    assert.deepEqual([backup.status, backup.err], [0, ""]);
    const verified = await elsewhere.run(["admin", "verify", file, "--json"]);
    assert.equal(JSON.parse(verified.out).accounts, 1);
    await one.stop();
    const noServer = await here.run(["admin", "disable", "alice", "--run", run], { env });
    assert.equal(noServer.status, 69);
    assert.match(noServer.err, /no server is running/); // and no other database is asked
  },
  "a server without the key is refused, and makes none": async ({ stage, url }) => {
    const third = stage.home("third");
    const { status, err } = await third.run([
      ...["serve", "--listen", "127.0.0.1:0", "--domain", "mail.test", "--data", url],
    ]);
    assert.equal(status, 78);
    assert.match(err, /belongs to a server with another key/);
    const made = await third.shell('find "$HOME" -name "*.key" -o -name keys');
    assert.deepEqual([made.status, made.out], [0, ""]);
  },
};

for (const [what, holds] of Object.entries(cases)) {
  Deno.test({
    name: `postgres, two programs: ${what}`,
    ignore: withoutPostgres,
    fn: () => onStage(holds),
  });
}

Deno.test({
  name: "postgres: a change of the key whose answer is lost is not called impossible",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const store = await openStore(database.url, { domain: null });
    await store.claimKey(asServerFingerprint(new Uint8Array(32)), []);
    await store.close();
    const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
    const socket = await listenLocal(`${folder}/admin.socket`, (line) => {
      if (JSON.parse(line).command !== "store") return Promise.reject(new Error("cut"));
      return Promise.resolve(JSON.stringify({ value: { url: database.url } }));
    });
    try {
      const asking = askAdmin({ data: database.url, run: folder }, "rotateKey", {});
      const message = "Cannot tell whether the key was changed: the connection was lost";
      await assert.rejects(asking, { code: "unavailable", message });
    } finally {
      await socket.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "postgres: passwords that others may read are told while the server runs, and mended there",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    await using stage = new Stage();
    const file = `${stage.folder}/pgpass`;
    Deno.writeTextFileSync(file, "", { mode: 0o600 });
    const env = { PGPASSFILE: file };
    const server = await stage.server({ args: ["--data", database.url], env });
    const [alice] = await stage.people(server, "alice") as [Person];
    Deno.chmodSync(file, 0o644);
    const { name } = database;
    await (await cluster()).ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '${name}' AND pid <> pg_backend_pid()`);
    const told = /"database lost".*other users can access it/;
    await until(() => told.test(server.log), "that it is lost");
    const waiting = alice.run(["inbox"]);
    Deno.chmodSync(file, 0o600);
    assert.equal((await waiting).status, 0);
    assert.doesNotMatch(server.log, /internal/);
    await server.stop();
    Deno.chmodSync(file, 0o644);
    const again = await stage.home("server").run([
      ...["serve", "--listen", "127.0.0.1:0", "--data", database.url],
    ], { env });
    assert.equal(again.status, 78);
    assert.match(
      again.err,
      /Cannot use .*pgpass: other users can access it \(mode \d+\)\n.*chmod 600/,
    );
  },
});

Deno.test({
  name: "postgres, two servers: metrics tell how hard the database was to reach",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const store = await openStore(database.url, { domain: "mail.test" });
    await using server = await startServer({ store, metrics: { host: "127.0.0.1", port: 0 } });
    const read = async () => {
      const response = await fetch(`http://127.0.0.1:${server.ready.metricsPort}/metrics`);
      return await response.text();
    };
    assert.match(await read(), /\nmailctl_store_failovers_total 0\n/);
    const { name } = database;
    const hangUp = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '${name}' AND pid <> pg_backend_pid()`;
    await (await cluster()).ask(hangUp);
    await until(
      async () => /\nmailctl_store_listener_reconnects_total 1\n/.test(await read()),
      "it listens again",
    );
    assert.ok(await store.wasAccount(asAccountName("nobody")) === false);
  },
});
