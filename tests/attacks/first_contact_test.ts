/** Mail by a key that was never seen is `unknown` to every command that acts on it: listing it pins the key. */
import assert from "node:assert/strict";
import { HostileServer } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";

Deno.test("a first contact is unknown to whoever waits for it", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob, carol] = await stage.people(server, "alice", "bob", "carol");
  await alice!.send(["bob", "carol", "-m", "hello"]);
  await t.step("wait --json", async () => {
    const { out } = await bob!.do(["wait", "--unread", "--json", "--timeout", "60s"]);
    assert.equal(JSON.parse(out).outcome, "unknown");
  });
  await t.step("watch --exec", async () => {
    const args = ["watch", "--unread", "-n", "1", "--exec", "sh", "--", "-c"];
    const { out } = await carol!.do([...args, "echo $MAILCTL_OUTCOME"]);
    assert.equal(out.trim(), "unknown");
  });
});
