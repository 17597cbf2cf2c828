/** An index stays right whatever another machine, or the operator, does to the mailbox meanwhile. */
import assert from "node:assert/strict";
import { HostileServer, type Lies } from "../support/hostile_server.ts";
import { type Person, Stage } from "../support/person.ts";
import { secondMachine } from "../support/second_machine.ts";

const queries = [
  "budget",
  "-budget",
  "is:unread",
  "is:flagged",
  "keyword:todo",
  "in:inbox",
  "in:sent",
  "in:archive OR in:trash",
  "-in:inbox from:alice",
];

async function idsOf(person: Person, ...args: string[]): Promise<number[]> {
  const { out } = await person.do(["search", "-n", "1000", "--json", ...args]);
  return (JSON.parse(out).messages as { readonly id: number }[]).map(({ id }) => id);
}

/** From the index, from another machine's, and from the messages. */
async function requireSame(persons: readonly Person[], more: readonly string[] = []) {
  for (const query of [...queries, ...more]) {
    const expected = await idsOf(persons[0]!, "--no-index", "--", query);
    for (const person of persons) {
      assert.deepEqual(await idsOf(person, "--", query), expected, query);
    }
  }
}

Deno.test("two machines, a folder that goes, and a backup that is restored", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob") as [Person, Person];
  const second = secondMachine(stage, bob);
  const machines = [bob, second];
  for (let number = 1; number <= 8; number++) {
    await alice.send(["bob", "-s", `number ${number}`, "-m", number % 2 === 0 ? "budget" : "plan"]);
  }
  await bob.send(["alice", "-s", "answer", "-m", "my budget"]);
  await requireSame(machines);
  const ids = (await bob.list("inbox")).messages.map(({ id }) => String(id)).reverse();

  await t.step("the other machine files, reads and deletes", async () => {
    await second.do(["folders", "create", "Bills"]);
    await second.do(["flag", ids[0]!, ids[1]!, "+flagged", "+todo"]);
    await second.do(["move", ids[1]!, ids[2]!, "Bills"]);
    await second.do(["archive", ids[3]!]);
    await second.do(["read", ids[4]!]);
    await second.do(["delete", ids[5]!]);
    await second.do(["flag", ids[0]!, "--", "-todo"]);
    await alice.send(["bob", "-s", "new", "-m", "another budget"]);
    await requireSame(machines, ["in:Bills", "another"]);
    assert.deepEqual(await idsOf(bob, "in:Bills"), [Number(ids[2]), Number(ids[1])]);
    assert.deepEqual(await idsOf(bob, "keyword:todo"), [Number(ids[1])]);
    await second.do(["unread", ids[4]!]);
    await requireSame(machines);
  });

  const [operator, backup] = [stage.home("server"), `${stage.folder}/old.db`];
  assert.equal((await operator.run(["admin", "backup", backup])).status, 0);

  await t.step("the other machine deletes the folder", async () => {
    await second.do(["folders", "delete", "Bills"]);
    await requireSame(machines);
    assert.deepEqual(await idsOf(bob, "--folder", "Trash", "number"), [
      Number(ids[2]),
      Number(ids[1]),
    ]);
  });

  await t.step(
    "the operator restores a backup: ids that went are there, later mail is not",
    async () => {
      await alice.send(["bob", "-s", "lost", "-m", "a lost budget"]);
      await second.do(["delete", ids[0]!, ids[4]!]);
      assert.equal((await idsOf(bob, "lost")).length, 1);
      await server.stop();
      assert.equal((await operator.run(["admin", "restore", backup, "--force"])).status, 0);
      await server.start();
      for (const person of [alice, bob, second]) await person.run(["folders"]); // which tells of it
      await alice.send(["bob", "-s", "afterwards", "-m", "the budget of afterwards"]);
      assert.deepEqual(await idsOf(bob, "lost"), []);
      assert.equal((await idsOf(bob, "afterwards")).length, 1);
      await requireSame(machines, ["lost", "afterwards"]);
    },
  );
});

/** What a server was asked: the lists, the feeds, and the entries by their ids, each a request. */
function counting(asked: { list: number; changes: number; entries: number }): Lies {
  return {
    list: (honest) => (query) => {
      asked.list++;
      return honest.list(query);
    },
    changes: (honest) => (query) => {
      asked.changes++;
      return honest.changes(query);
    },
    entries: (honest) => (account, ids) => {
      asked.entries++;
      return honest.entries(account, ids);
    },
  };
}

Deno.test("a search asks once what changed, and then for what it opens and shows", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob") as [Person, Person];
  for (const number of [1, 2, 3]) await alice.send(["bob", "-s", `${number}`, "-m", "budget"]);
  await bob.do(["search", "budget"]);
  const [shown, opened] = [1, 2]; // of what is opened: its headers, and its text
  const table: readonly (readonly [what: string, act: () => Promise<unknown>, asked: number])[] = [
    ["where nothing changed", () => Promise.resolve(), shown],
    ["behind a new message", () => alice.send(["bob", "-s", "4", "-m", "budget"]), shown + opened],
    ["behind a deletion", () => bob.do(["delete", "1"]), shown],
    ["behind a flag", () => bob.do(["flag", "2", "+flagged"]), shown],
  ];
  for (const [what, act, entries] of table) {
    await t.step(what, async () => {
      await act();
      const asked = { list: 0, changes: 0, entries: 0 };
      await server.lying(counting(asked), () => bob.do(["search", "budget"]));
      assert.deepEqual(asked, { list: 0, changes: 1, entries });
    });
  }
});
