/** UIDs stay what they are over all that an account, its server and its machines go through. */
import assert from "node:assert/strict";
import { AccountFolders } from "../../src/gateway/folders/account_folders.ts";
import { mail, numberOf, until } from "../support/folders_stage.ts";
import { Person, Stage } from "../support/person.ts";
import { password } from "../support/person_account.ts";
import { openHere } from "../support/person_here.ts";

function foldersOf(person: Person, server: string): Promise<AccountFolders> {
  const open = () => openHere(person, server);
  return AccountFolders.open({ open, now: Date.now, onTrouble: () => {}, lookAgainMs: 0 });
}

/** All but the counts of changes, which a restored server moves on. */
function stateOf(folders: AccountFolders) {
  return folders.folders.map(({ key, name, uidValidity }) => ({
    name,
    uidValidity,
    messages: folders.messages(key).map(({ id, uid, flags, isSeen, internalDate }) => ({
      id,
      uid,
      flags,
      isSeen,
      internalDate,
    })),
  }));
}

Deno.test("folders and UIDs stay over a restart, a restored backup and a change of keys", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const bob = await Person.join(
    "bob",
    stage.home("bob"),
    server.trusted,
  );
  for (const text of ["one", "two", "three"]) await alice!.send(["bob", "-m", text]);
  const folders = await foldersOf(bob, server.trusted);
  try {
    await folders.create("own/below");
    const [, two, three] = folders.messages("inbox");
    await folders.move([two!], numberOf(folders, "own/below"));
    await folders.change([three!], { addFlags: ["flagged"], seen: true });
    await folders.append("inbox", mail("Subject: a\r\n\r\n", { internalDate: 1_500_000_000_000 }));
    const before = stateOf(folders);

    await t.step("a restart is an outage, after which others are heard again", async () => {
      await server.stop();
      await assert.rejects(folders.refresh(), { code: "unavailable" });
      await server.start();
      const heard = until(folders, () => folders.messages("inbox").length === 4);
      await folders.refresh();
      assert.deepEqual(stateOf(folders), before);
      await alice!.send(["bob", "-m", "four"]);
      await heard;
    });

    const newest = stateOf(folders);
    const [operator, backup] = [stage.home("server"), `${stage.folder}/old.db`];
    let highest = 0;

    await t.step(
      "a restored backup takes what came behind it, and no UID comes again",
      async () => {
        assert.equal((await operator.run(["admin", "backup", backup])).status, 0);
        await alice!.send(["bob", "-m", "lost"]);
        await folders.refresh();
        await folders.move(folders.messages("inbox").slice(-1), numberOf(folders, "Archive"));
        highest = folders.uidNext - 1;
        const { modseq } = folders;
        await server.stop();
        assert.equal((await operator.run(["admin", "restore", backup, "--force"])).status, 0);
        await server.start();
        await folders.refresh();
        assert.deepEqual(stateOf(folders), newest);
        assert.ok(folders.modseq > modseq);
      },
    );

    await t.step("new keys and another password change nothing", async () => {
      const known = { MAILCTL_PASSWORD: password };
      await bob.run(["inbox"]); // this, or the folders, says that a backup was restored: who is quicker puts back
      await bob.do(["keys", "rotate"], { env: known });
      await bob.do(["passwd"], {
        env: { ...known, MAILCTL_NEW_PASSWORD: "another long password" },
      });
      const again = await foldersOf(bob, server.trusted);
      try {
        assert.deepEqual(stateOf(again), newest);
        await alice!.run(["send", "bob", "-m", "five"]); // it puts contacts back that the backup did not have
        await again.refresh();
        assert.ok(again.messages("inbox").at(-1)!.uid > highest);
      } finally {
        again.close();
      }
    });
  } finally {
    folders.close();
  }
});
