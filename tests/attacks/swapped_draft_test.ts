/** A server that shows one draft by the id of another, which its writer sends. */
import assert from "node:assert/strict";
import { entryId } from "../../src/model/ids.ts";
import { HostileServer, type Lies } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";

Deno.test("by the id of one draft no other is sent", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob", "carol");
  await alice!.do(["send", "carol", "-s", "harmless", "-m", "x", "--save-draft"]); // 1
  await alice!.do(["send", "bob", "-s", "not yet", "-m", "I resign", "--save-draft"]); // 2
  const [other] = await server.store.entries(await server.accountId("alice"), [entryId(2)]);
  const swapped = { ...other!, id: entryId(1), summary: null };
  const lies: Lies = {
    entries: (honest) => async (account, ids) =>
      (await honest.entries(account, ids)).map((entry) => entry?.id === 1 ? swapped : entry),
    body: (honest) => (account, id) => honest.body(account, id === 1 ? entryId(2) : id),
  };
  await server.lying(lies, () => alice!.run(["send", "--draft", "1"]));
  const { messages } = JSON.parse((await bob!.do(["inbox", "--json"])).out);
  assert.deepEqual(messages, []);
  await alice!.do(["send", "--draft", "1"]); // nobody listed it, and the server is honest again
});
