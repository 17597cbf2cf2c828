/** A saved login on a file system that takes no more writes: marks cannot follow, and everything else goes on. */
import assert from "node:assert/strict";
import { Stage } from "../support/person.ts";
import { SmallDisk } from "../support/program_disk.ts";

Deno.test("a saved login that can only be read", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob, carol] = await stage.people(server, "alice", "bob", "carol");
  const disk = stage.keep(await SmallDisk.mount(`${stage.folder}/disk`, 1));
  const state = `${disk.folder}/state`;
  const env = { MAILCTL_HOME: disk.folder };
  Deno.mkdirSync(state, { mode: 0o700 });
  for (const name of ["logins.json", "known_servers"]) {
    const path = `${alice!.home.folder}/home/.local/state/mailctl/${name}`;
    Deno.writeFileSync(`${state}/${name}`, Deno.readFileSync(path), { mode: 0o600 });
  }
  await disk.makeReadOnly();
  const told =
    /^mailctl: Cannot write \S*\/state\/logins\.json\.lock: the file system is read-only\. The command goes on without it\n$/;

  await bob!.send(["alice", "-s", "from somebody new", "-m", "x"]);
  for (
    const [what, args] of [
      ["a first mail is listed", ["inbox"]],
      ["it is read", ["read", "1"]],
      ["its sender is answered", ["reply", "1", "-m", "x"]],
      ["somebody new gets mail", ["send", "carol", "-m", "x"]],
    ] as const
  ) {
    await t.step(what, async () => {
      const { status, err } = await alice!.run([...args], { env });
      assert.equal(status, 0, err);
      assert.match(err, told);
    });
  }

  await t.step("another machine changes the keyring, and it goes on", async () => {
    await carol!.send(["alice", "-s", "from carol", "-m", "x"]);
    await alice!.do(["inbox"]);
    const { status, out } = await alice!.run(["inbox", "--json"], { env });
    assert.deepEqual([status, JSON.parse(out).messages[0].subject], [0, "from carol"]);
  });

  await t.step("what has to be saved is refused, with the reason", async () => {
    const { status, err } = await alice!.run(["logout"], { env });
    assert.equal(status, 73);
    assert.match(err, /the file system is read-only\n$/);
  });
});
