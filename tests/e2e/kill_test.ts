/** kill -9 at any moment: what was acknowledged is there, nothing is there twice, nothing by halves. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { isFailure } from "../../src/model/errors.ts";
import { seeded } from "../support/mime.ts";
import { deadline, type Person, Stage, until } from "../support/person.ts";
import { sendHere } from "../support/person_here.ts";
import { finish } from "../support/program.ts";
import type { ServerProcess } from "../support/program_server.ts";

const rounds = 3;
const senders = ["alice", "carol", "dave"];

/** What a sender knows of its sends: by key, the id that was acknowledged, or null. */
type Sends = Map<string, number | null>;

Deno.test("kill -9 of the server during sends loses, doubles and halves nothing", async () => {
  const seed = Number(Deno.env.get("MAILCTL_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 32));
  const random = seeded(seed);
  await using stage = new Stage();
  const server = await stage.server();
  const [bob, ...people] = await stage.people(server, "bob", ...senders);
  const sends = people.map((): Sends => new Map());
  const told = `MAILCTL_TEST_SEED=${seed}`;

  for (let round = 0; round < rounds; round++) {
    const before = acknowledged(sends);
    const over = Promise.all(
      people.map((person, at) => sendUntilCut(person, server, sends[at]!, `${round}`)),
    );
    const wanted = before + 1 + random() % 12;
    await Promise.race([until(() => acknowledged(sends) >= wanted, `${told}: sends`), over]);
    await new Promise((resolve) => setTimeout(resolve, random() % 25)); // any moment, not only this
    await server.stop("SIGKILL");
    await deadline(over, 120_000, `${told}: the clients do not notice`);
    await server.start();
    await Promise.all(people.map(async (person, at) => {
      for (const [key, id] of sends[at]!) {
        const again = await send(person, server, key);
        if (id !== null) assert.equal(again, id, `${told}: ${person.name} ${key}`);
        sends[at]!.set(key, again);
      }
    }));
  }

  const { total, messages } = await bob!.list("inbox");
  const expected = people.flatMap(({ name }, at) =>
    [...sends[at]!.keys()].map((key) => `${name} ${key}`)
  );
  assert.deepEqual(messages.map(({ subject }) => subject).toSorted(), expected.toSorted(), told);
  assert.equal(total, expected.length);
  for (const { subject, body } of await bob!.read(...messages.map(({ id }) => id))) {
    assert.equal(body, bodyOf(subject!), told);
  }
  for (const [at, person] of people.entries()) {
    const own = (await person.list("sent")).messages.map(({ id }) => id);
    assert.deepEqual(new Set(own), new Set(sends[at]!.values()), told);
    assert.equal(own.length, sends[at]!.size, told);
  }
});

function acknowledged(sends: readonly Sends[]): number {
  return sends.flatMap((each) => [...each.values()]).filter((id) => id !== null).length;
}

/** Sends one message after the other until the server is gone. */
async function sendUntilCut(
  person: Person,
  server: ServerProcess,
  sends: Sends,
  prefix: string,
): Promise<void> {
  for (let count = 0;; count++) {
    const key = `${prefix}.${count}`;
    sends.set(key, null);
    try {
      sends.set(key, await send(person, server, key));
    } catch (error) {
      if (isFailure(error, "unavailable")) return;
      throw error;
    }
  }
}

function send(person: Person, server: ServerProcess, key: string): Promise<number> {
  const subject = `${person.name} ${key}`;
  return sendHere(person, server.address, { to: ["bob"], subject, body: bodyOf(subject), key });
}

/** Every other one is uploaded in chunks. */
function bodyOf(subject: string): string {
  return `${subject}\n`.repeat(Number(subject.split(".")[1]) % 2 === 0 ? 5 : 40_000);
}

Deno.test("kill -9 of a client in the middle of an upload leaves nothing", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const database = `${stage.folder}/server/home/.local/share/mailctl/data/mailctl.db`;

  for (const mebibytes of [1, 6]) {
    const child = alice!.home.start(["send", "bob", "-m", "", "-a", "-:x"], { stdin: "" });
    const writer = child.stdin.getWriter();
    for (let count = 0; count < mebibytes * 16; count++) {
      await writer.write(new Uint8Array(64 * 1024)); // waits until most of it is on its way
    }
    await until(() => counted(database).uploads > 0, "the upload's arrival");
    child.kill("SIGKILL");
    writer.abort().catch(() => {});
    assert.equal((await finish(child)).status, 128 + 9);
    await until(() => counted(database).uploads === 0, "the upload's removal");
  }
  assert.deepEqual([(await alice!.list("sent")).total, (await bob!.list("inbox")).total], [0, 0]);
  assert.equal(await server.stop(), 0);
  assert.deepEqual(counted(database), { uploads: 0, chunks: 0 });
});

function counted(path: string): { uploads: number; chunks: number } {
  using database = new DatabaseSync(path, { readOnly: true });
  const count = (sql: string) => Number(database.prepare(sql).get()!["n"]);
  return {
    uploads: count("SELECT count(*) AS n FROM body WHERE holders IS NULL"),
    chunks: count("SELECT count(*) AS n FROM body_chunk"),
  };
}
