/** Folders and flags as a person at a terminal sees them, who is asked before the trash is emptied. */
import assert from "node:assert/strict";
import { Stage } from "../support/person.ts";
import { Terminal, watched } from "../support/program_terminal.ts";

Deno.test("folders at a terminal", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  for (const subject of ["one", "two", "three"]) {
    await alice!.send(["bob", "-s", subject, "-m", "x"]);
  }
  await bob!.do(["flag", "1", "3", "+flagged"]);
  await bob!.do(["read", "3"]);

  await t.step("a flagged message has a mark, beside that of an unread one", async () => {
    const { screen } = await watched(bob!.home, "mailctl inbox", { columns: 80 });
    assert.match(screen, /^.*\bf +3 .*three/m);
    assert.match(screen, /\* +2 .*two/);
    assert.match(screen, /\*f +1 .*one/);
    assert.match(screen, /3 of 3 messages, 2 unread/);
  });

  await t.step("the list of folders is a table", async () => {
    const { screen } = await watched(bob!.home, "mailctl folders", { columns: 80 });
    assert.match(screen, /Use +Messages +Unread +Name/);
    assert.match(screen, /inbox +3 +2 +INBOX/);
  });

  await t.step("a no leaves the trash as it is, and a yes empties it", async () => {
    await bob!.do(["trash", "1", "2"]);
    for (const [answer, status, left] of [["no", 64, 2], ["yes", 0, 0]] as const) {
      await using terminal = Terminal.open(bob!.home, "mailctl trash --empty; echo status $?");
      await terminal.sees("Delete 2 messages in the trash for good? [yes/no] ");
      await terminal.types(`${answer}\r`);
      if (answer === "no") await terminal.sees("Cannot empty the trash: you did not say yes");
      await terminal.sees(`status ${status}`);
      const { out } = await bob!.do(["inbox", "--folder", "Trash"]);
      assert.equal(out.split("\n").length - 1, left);
    }
  });
});
