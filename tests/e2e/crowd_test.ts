/** Fifty clients that send at the same moment: ten processes, and forty clients in this one. */
import assert from "node:assert/strict";
import { Stage } from "../support/person.ts";
import { sendHere } from "../support/person_here.ts";

const names = ["alice", "bob", "carol", "dave", "erin"];

Deno.test("fifty clients at once: each message is stored exactly once", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const people = await stage.people(server, ...names);
  const [alice] = people;

  const processes = people.flatMap((person) =>
    [1, 2].map((count) => {
      const subject = `process ${person.name} ${count}`;
      return person.send(["alice", "bob", "-s", subject, "-m", body(subject)]);
    })
  );
  const clients = people.flatMap((person) =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((count) => {
      const subject = `client ${person.name} ${count}`;
      const draft = { to: ["alice", "bob"], subject, body: body(subject) };
      return sendHere(person, server.trusted, draft);
    })
  );
  const ids = await Promise.all([...processes, ...clients]);
  assert.equal(ids.length, 50);

  for (const reader of people.slice(0, 2)) {
    const { total, messages } = await reader.list("inbox");
    assert.equal(total, 50);
    assert.equal(new Set(messages.map(({ subject }) => subject)).size, 50);
    assert.equal(new Set(messages.map(({ messageId }) => messageId)).size, 50);
    const opened = await reader.read(...messages.map(({ id }) => id));
    for (const message of opened) assert.equal(message.body, body(message.subject!));
  }
  for (const [at, person] of people.entries()) {
    const own = [...ids.slice(2 * at, 2 * at + 2), ...ids.slice(10 + 8 * at, 18 + 8 * at)];
    const { messages } = await person.list("sent");
    assert.deepEqual(messages.map(({ id }) => id).toSorted(), own.toSorted(), person.name);
  }
  assert.doesNotMatch(server.log, /"level":"(error|warning)"/);
  assert.equal((await alice!.do(["ping", "--json"])).status, 0);
});

/** Some inline in the request, some uploaded. */
function body(subject: string): string {
  return `${subject}\n`.repeat(subject.endsWith("3") ? 20_000 : 3);
}
