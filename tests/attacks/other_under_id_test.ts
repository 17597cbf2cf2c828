/** A server that shows a message under an id, and another one once its reader answers it or passes it on by that id. */
import assert from "node:assert/strict";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import { HostileServer, type Lies } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";

/** Shows one message of the store in the place of another. */
function inPlaceOf(shown: Entry, id: EntryId): Lies {
  const other = { ...shown, id, summary: null };
  return {
    entries: (honest) => async (account, ids) =>
      (await honest.entries(account, ids)).map((entry) => entry?.id === id ? other : entry),
    body: (honest) => (account, asked) => honest.body(account, asked === id ? shown.id : asked),
  };
}

Deno.test("by the id of a message that was read, no other is passed on or answered", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob, mallory] = await stage.people(server, "alice", "bob", "mallory");
  await alice!.send(["bob", "-s", "secret", "-m", "for bob alone"]); // 1 of alice's
  await bob!.send(["alice", "-s", "lunch", "-m", "at noon?"]); // 2
  assert.match((await alice!.do(["read", "2"])).out, /at noon/);
  await mallory!.send(["alice", "-s", "never shown", "-m", "x"]); // 3
  const account = await server.accountId("alice");
  const [secret, stranger] = await server.store.entries(account, [entryId(1), entryId(3)]);

  await t.step("forward gives away no sent message", async () => {
    await server.lying(
      inPlaceOf(secret!, entryId(2)),
      () => alice!.run(["forward", "2", "mallory"]),
    );
    const { messages } = JSON.parse((await mallory!.do(["inbox", "--json"])).out);
    assert.deepEqual(messages, []);
  });

  await t.step("reply does not go to somebody else", async () => {
    const { status } = await server.lying(
      inPlaceOf(stranger!, entryId(2)),
      () => alice!.run(["reply", "2", "-m", "yes, and the code is 1234"]),
    );
    assert.notEqual(status, 0);
    const { messages } = JSON.parse((await mallory!.do(["inbox", "--json"])).out);
    assert.deepEqual(messages, []);
  });

  await t.step("read shows no message of others than were asked for", async () => {
    const read = ["read", "2", "--from", "bob", "--body"];
    const { status, out } = await server.lying(
      inPlaceOf(stranger!, entryId(2)),
      () => alice!.run(read),
    );
    assert.deepEqual([status, out], [82, ""]);
    assert.match((await alice!.do(read)).out, /at noon/);
  });

  await t.step("an honest server forwards and answers what was read", async () => {
    await alice!.do(["forward", "2", "mallory"]);
    await alice!.do(["reply", "2", "-m", "yes"]);
  });
});
