/** The server's key changed by all servers of a database at one moment, as programs. */
import assert from "node:assert/strict";
import { Balancer } from "../support/balancer.ts";
import { Person, Stage, until } from "../support/person.ts";
import {
  Cluster,
  cluster,
  freshDatabase,
  type Session,
  withoutPostgres,
} from "../support/postgres.ts";
import type { ServerProcess } from "../support/program_server.ts";

interface Scene {
  readonly stage: Stage;
  readonly url: string;
  readonly one: ServerProcess;
  readonly other: ServerProcess;
  /** Asks the database. */
  readonly ask: Session["ask"];
}

const forwarded = ["--forwarder", "127.0.0.1", "--registration", "open"];

async function onStage(
  act: (scene: Scene) => Promise<void>,
  flags: readonly string[],
): Promise<void> {
  await using database = await freshDatabase();
  await using asked = await (await cluster()).session(database.name);
  await withServers(database.url, asked.ask, act, flags);
}

/** Lets two servers of a database act. */
async function withServers(
  url: string,
  ask: Session["ask"],
  act: (scene: Scene) => Promise<void>,
  flags: readonly string[],
): Promise<void> {
  await using stage = new Stage();
  const args = ["--data", url, ...flags];
  const one = await stage.server({ name: "one", args });
  const other = await stage.server({ name: "other", args });
  await act({ stage, url, one, other, ask });
}

/** Returns the fingerprint of the key that is to come. */
async function rotate({ stage, url }: Scene, home: string): Promise<string> {
  const line = ["admin", "rotate-key", "--data", url, "--json"];
  const { status, out, err } = await stage.home(home).run(line);
  assert.deepEqual([status, err], [0, ""]);
  return JSON.parse(out).fingerprint;
}

/** Waits until so many servers are ready, and makes the change come soon. */
async function hasten({ ask }: Scene, servers: number): Promise<void> {
  const ready = "SELECT FROM instance JOIN server_key ON ready_key = server_key.fingerprint";
  await until(async () => (await ask(ready)).length === servers, "all servers are ready");
  await ask(
    "UPDATE server_key SET active_from = clock_timestamp() + interval '6 s' WHERE NOT final",
  );
}

async function hasChanged({ ask }: Scene, servers: number): Promise<boolean> {
  const changed =
    "SELECT FROM instance JOIN server_key ON instance.fingerprint = server_key.fingerprint";
  return (await ask(changed)).length === servers;
}

const stored = (folder: string, home: string, file: string) =>
  Deno.readTextFile(`${folder}/${home}/home/.local/share/mailctl/keys/${file}`);

/** What holds -> how it is seen. */
const cases: Record<
  string,
  { readonly flags: readonly string[]; readonly see: (scene: Scene) => Promise<void> }
> = {
  "clients that log in at either all the time are never refused": {
    flags: forwarded,
    see: async (scene) => {
      const { stage, one, other } = scene;
      await using balancer = new Balancer();
      balancer.use([one, other].map(({ address }) => {
        return { port: Number(address.split(":")[1]), metricsPort: null };
      }));
      const address = `127.0.0.1:${balancer.port}`;
      const people = await stage.people({ trusted: `${address}#${one.fingerprint}` }, "al", "bo");
      people[0]!.home.env["MAILCTL_SERVER"] = address; // goes by what it noted; the other by what it was given
      const next = await rotate(scene, "one");
      assert.equal(await rotate(scene, "other"), next, "one successor");
      await hasten(scene, 2);
      let isOver = false;
      let told = 0;
      const failed: string[] = [];
      const logIn = async (person: Person) => {
        for (let after = 0; after < 3; after += Number(isOver)) {
          const { status, err } = await person.run(["inbox"]);
          if (status !== 0) failed.push(err);
          if (err.includes(next)) told++;
        }
      };
      const logins = Promise.all(people.map(logIn));
      try {
        await until(() => hasChanged(scene, 2), "both change");
      } finally {
        isOver = true;
        await logins;
      }
      assert.deepEqual(failed, [], one.log + other.log);
      assert.ok(told >= 4, "the one who was given the old key is told each time");
      for (const home of ["one", "other"]) {
        const line = ["admin", "invite", "--server", address, "--data", scene.url, "--json"];
        const invite = JSON.parse((await stage.home(home).run(line)).out);
        assert.equal(invite.fingerprint, next, "an invite of a server that goes on");
      }
      const key = await stored(stage.folder, "one", "server.key");
      assert.equal(await stored(stage.folder, "other", "server.key"), key);
    },
  },
  "a server that was stopped follows, over several steps, and serves": {
    flags: [],
    see: async (scene) => {
      const { stage, one, other } = scene;
      const [person] = await stage.people(other, "carol") as [Person];
      const known = other.fingerprint;
      await other.stop();
      for (let step = 0; step < 2; step++) {
        await rotate(scene, "one");
        await hasten(scene, 1);
        await until(() => hasChanged(scene, 1), "it changes");
      }
      await other.start();
      await one.stop();
      await one.start();
      assert.notEqual(one.fingerprint, known);
      assert.equal(other.fingerprint, one.fingerprint);
      const { status, err } = await person.run(["inbox"]);
      assert.deepEqual([status, err.includes(other.fingerprint)], [0, true], err);
    },
  },
  "a server that was killed at the change follows when it starts": {
    flags: [],
    see: async (scene) => {
      const { stage, other } = scene;
      const [person] = await stage.people(other, "erin") as [Person];
      const next = await rotate(scene, "one");
      await hasten(scene, 2);
      await other.stop("SIGKILL");
      await until(() => hasChanged(scene, 1), "the other changes");
      await other.start();
      assert.equal(other.fingerprint, next);
      const { status, err } = await person.run(["inbox"]);
      assert.deepEqual([status, err.includes(next)], [0, true], err);
    },
  },
  "while a server that lives is not ready, the change is put off": {
    flags: [],
    see: async (scene) => {
      const { ask } = scene;
      await ask(`INSERT INTO instance (host, software, fingerprint)
        SELECT 'elsewhere', '', fingerprint FROM meta`);
      await rotate(scene, "one");
      await hasten(scene, 2);
      const later = `SELECT FROM server_key
        WHERE NOT final AND active_from > clock_timestamp() + interval '30 s'`;
      await until(async () => (await ask(later)).length === 1, "it is put off");
      await ask("DELETE FROM instance WHERE host = 'elsewhere'");
      await hasten(scene, 2);
      await until(() => hasChanged(scene, 2), "both change");
    },
  },
  "a key that the one before did not seal is shown by nobody, and a stranger does not start": {
    flags: [],
    see: async (scene) => {
      const { stage, url, one, ask } = scene;
      await ask(
        `INSERT INTO server_key (predecessor, fingerprint, sealed, statement, active_from, final)
        SELECT fingerprint, sha256('x'), '\\x00', '\\x00', clock_timestamp(), true FROM meta`,
      );
      await until(() => one.log.includes("next key"), "it is told");
      await ask("DELETE FROM server_key");
      const elsewhere = await stage.home("elsewhere").run(["admin", "rotate-key", "--data", url]);
      assert.equal(elsewhere.status, 78);
      assert.match(elsewhere.err, /no server runs on this machine/);
      const [person] = await stage.people(one, "dora") as [Person];
      await person.do(["inbox"]);
      const { status, err } = await stage.home("stranger").run([
        ...["serve", "--listen", "127.0.0.1:0", "--domain", "mail.test", "--data", url],
      ]);
      assert.equal(status, 78);
      assert.match(err, /belongs to a server with another key/);
    },
  },
};

for (const [what, { flags, see }] of Object.entries(cases)) {
  Deno.test({
    name: `postgres, the server's key changes: ${what}`,
    ignore: withoutPostgres,
    fn: () => onStage(see, flags),
  });
}

/** When the primary is lost -> what happens before, besides the command. */
const losses: Record<string, ((scene: Scene) => Promise<void>) | null> = {
  "while the command runs": null,
  "when the moment is final": async (scene) => {
    await hasten(scene, 2);
    const final = "SELECT FROM server_key WHERE final";
    await until(async () => (await scene.ask(final)).length === 1, "the moment is final");
  },
};

for (const [when, before] of Object.entries(losses)) {
  Deno.test({
    name: `postgres, the server's key changes: the primary is lost ${when}, and all change to one`,
    ignore: withoutPostgres,
    fn: async () => {
      await using primary = await Cluster.start();
      await using standby = await primary.standby();
      await using database = await primary.freshDatabase();
      const { name } = database;
      await using sessions = new AsyncDisposableStack();
      let { ask } = sessions.use(await primary.session(name));
      const lose = async () => {
        await primary.kill9();
        await standby.promote();
        ({ ask } = sessions.use(await standby.session(name)));
      };
      const see = async (scene: Scene) => {
        const { stage, one, other } = scene;
        const people = [...await stage.people(one, "al"), ...await stage.people(other, "bo")];
        const rotated = rotate(scene, "one");
        if (before !== null) await rotated.then(() => before(scene));
        await lose();
        const next = await rotated;
        if (before === null) await hasten(scene, 2);
        await until(() => hasChanged(scene, 2), "both change");
        for (const person of people) {
          const { status, err } = await person.run(["inbox"]);
          assert.deepEqual([status, err.includes(next)], [0, true], err + one.log + other.log);
        }
        const key = await stored(stage.folder, "one", "server.key");
        assert.equal(await stored(stage.folder, "other", "server.key"), key);
      };
      const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
      const data = `postgres://mailctl@${hosts}/${name}`;
      await withServers(data, (sql) => ask(sql), see, []);
    },
  });
}
