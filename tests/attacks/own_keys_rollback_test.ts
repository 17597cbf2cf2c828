/** An account whose keys were replaced, and a server that shows the old ones again: a thief may have those. */
import assert from "node:assert/strict";
import { password } from "../support/person_account.ts";
import { Person, Stage } from "../support/person.ts";

Deno.test("keys that were replaced are not taken again from a server that goes back", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  await stage.people(server, "bob");
  const alice = await Person.join("alice", stage.home("alice"), server.trusted);
  await alice.send(["bob", "-m", "before"]);
  const [operator, backup] = [stage.home("server"), `${stage.folder}/old.db`];
  assert.equal((await operator.run(["admin", "backup", backup])).status, 0);
  const secret = { env: { MAILCTL_PASSWORD: password } };
  assert.equal((await alice.run(["keys", "rotate"], secret)).status, 0);
  const { fingerprint } = JSON.parse((await alice.do(["whoami", "--json"])).out);
  await server.stop();
  assert.equal((await operator.run(["admin", "restore", backup, "--force"])).status, 0);
  await server.start();

  for (const args of [["inbox"], ["send", "bob", "-m", "by the stolen key"], ["contacts"]]) {
    await t.step(args[0]!, async () => {
      const { status, out, err } = await alice.run(args);
      assert.deepEqual([status, out], [82, ""], err);
      assert.match(err, /it shows keys of this account that other keys took the place of/);
    });
  }

  await t.step("who believes the operator begins anew", async () => {
    await alice.do(["logout"]);
    assert.equal((await alice.run(["login", "alice"], secret)).status, 0);
    assert.notEqual(
      JSON.parse((await alice.do(["whoami", "--json"])).out).fingerprint,
      fingerprint,
    );
    await alice.do(["send", "bob", "-m", "after"]);
  });
});
