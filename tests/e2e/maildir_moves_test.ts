/**
 * Programs that keep a Maildir in which somebody moves messages: they append and expunge, and the messages stay signed.
 * What is not installed is left out, see `installed.ts`.
 */
import assert from "node:assert/strict";
import { areInstalled } from "../support/installed.ts";
import { Mbsync } from "../support/mbsync.ts";
import { type Person, Stage } from "../support/person.ts";

const offlineimapConfig = `[general]
accounts = mail
metadata = state
ui = quiet
[Account mail]
localrepository = here
remoterepository = bridge
[Repository here]
type = Maildir
localfolders = Mail
[Repository bridge]
type = IMAP
preauthtunnel = mailctl bridge --stdio imap
`;

/** Make both sides the same; what is new goes first, since they expunge in one folder before they append in another. */
const programs: Readonly<Record<string, (person: Person, maildir: Mbsync) => Promise<void>>> = {
  mbsync: async (_, mbsync) => {
    for (const options of ["--new", ""]) {
      await mbsync.sync(['Tunnel "mailctl bridge --stdio imap"'], options);
    }
  },
  offlineimap: async ({ home }) => {
    await Deno.writeTextFile(`${home.work}/rc`, offlineimapConfig, { mode: 0o600 });
    const sync = "timeout 120 offlineimap -o -c rc";
    const { status, out, err } = await home.shell(
      `${sync} -k Repository_here:sync_deletes=no && ${sync}`,
    );
    assert.deepEqual([status, err], [0, ""], out);
  },
};

for (const [program, sync] of Object.entries(programs)) {
  Deno.test({
    name: `messages that are moved in the Maildir of ${program} stay signed, and are there once`,
    ignore: !areInstalled(program),
    fn: async () => {
      await using stage = new Stage();
      const server = await stage.server();
      const [alice, bob] = await stage.people(server, "alice", "bob");
      const people = { alice: alice!, bob: bob! };
      for (const subject of ["one", "two"]) {
        await people.alice.send(["bob", "-s", subject, "-m", subject]);
      }
      await people.bob.do(["move", "2", "Archive"]);
      const maildir = new Mbsync(people.bob.home);
      await sync(people.bob, maildir);

      const [second, first] = maildir.messages();
      assert.deepEqual([first!.folder, second!.folder], ["INBOX", "Archive"]);
      maildir.move({ ...first!, flags: "FS" }, "Archive");
      maildir.move(second!, "INBOX");
      for (const _ of ["the first time", "and again"]) {
        await sync(people.bob, maildir);
        const there = await Promise.all(
          ["INBOX", "Archive"].map((name) => people.bob.list("inbox", "--folder", name)),
        );
        const shown = there.map(({ messages, unread }) => ({
          unread,
          messages: messages.map(({ subject, outcome }) => `${outcome} ${subject}`),
        }));
        assert.deepEqual(shown, [
          { unread: 1, messages: ["signed two"] },
          { unread: 0, messages: ["signed one"] },
        ]);
        const kept = maildir.messages().map(({ folder, flags, text }) => [folder, flags, text]);
        assert.deepEqual(kept, [["Archive", "FS", first!.text], ["INBOX", "", second!.text]]);
      }
    },
  });
}
