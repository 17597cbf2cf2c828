/**
 * mbsync on two machines of one account: nothing is fetched again, whatever the account goes through, and what either
 * changes is the same on both. It is left out where it is not installed, see `bridge_clients_test.ts`.
 */
import assert from "node:assert/strict";
import { BridgeProcess } from "../support/bridge_process.ts";
import { areInstalled } from "../support/installed.ts";
import { Mbsync } from "../support/mbsync.ts";
import { password, Person, Stage } from "../support/person.ts";
import type { Home } from "../support/program.ts";

const count = 100;
const nothing = { fetched: 0, appended: 0 };
const letters = ["", "S", "FS", "PS", "RS", "F", "FPRS", "S"];
/** Seconds; each message came a day and a second after the one before. */
const arrivedAt = (at: number) => 1_400_000_000 + at * 86_401;
/** `Café & Co` as mbsync has it: it takes names as they are on the wire. */
const cafe = "Caf&AOk- &- Co";
const idOf = (name: string | number) => `<${name}@mail.test>`;

function letter(name: string | number, body = "Hello.\n"): string {
  return `From: bob@mail.test\nSubject: ${name}\nMessage-ID: ${idOf(name)}\n\n${body}`;
}

/** By STARTTLS and SCRAM-SHA-256, with the certificate checked. */
function byNetwork({ settings: { imap, password, certificate } }: BridgeProcess): string[] {
  return [
    "Host 127.0.0.1",
    `Port ${imap.port}`,
    "User bob",
    `Pass ${password}`,
    "AuthMechs SCRAM-SHA-256",
    "SSLType STARTTLS",
    `CertificateFile ${certificate}`,
  ];
}

/** mbsync starts the bridge itself. */
const byTunnel = ['Tunnel "mailctl bridge --stdio imap"'];

/** Another machine of the same account. */
async function otherMachine(home: Home, server: string): Promise<Home> {
  home.env["MAILCTL_SERVER"] = server;
  const { status, err } = await home.run(["login", "bob"], { env: { MAILCTL_PASSWORD: password } });
  assert.deepEqual([status, err], [0, ""]);
  return home;
}

/** All that has to be the same on both machines, and at the second sync. */
function contentOf(mbsync: Mbsync) {
  return mbsync.messages().map(({ path: _, ...rest }) => rest);
}

Deno.test({
  name: "mbsync keeps two machines the same, and fetches nothing twice",
  ignore: !areInstalled("mbsync"),
  fn: async (t) => {
    await using stage = new Stage();
    const server = await stage.server();
    const operator = stage.home("server");
    const [alice] = await stage.people(server, "alice");
    const bob = await Person.join("bob", stage.home("bob"), server.trusted);
    const elsewhere = await otherMachine(stage.home("elsewhere"), server.trusted);
    const [here, there] = [new Mbsync(bob.home), new Mbsync(elsewhere)];
    let bridge = await BridgeProcess.start(bob);
    stage.keep({ [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose]() });
    const syncHere = () => here.sync(byNetwork(bridge));
    const syncThere = () => there.sync(byTunnel);

    await t.step("a first sync has all messages with their flags and dates", async () => {
      for (let at = 0; at < count; at++) {
        const text = letter(at, `${"z".repeat(at * 7)}\n`);
        here.add("INBOX", text, { arrived: arrivedAt(at), flags: letters[at % letters.length]! });
      }
      await alice!.send(["bob", "-s", "signed", "-m", "Hello."]);
      const before = contentOf(here);
      assert.deepEqual(await syncHere(), { fetched: 1, appended: count });
      const own = contentOf(here).filter(({ messageId }) => /^<\d+@mail/.test(messageId));
      assert.deepEqual(own, before);
      assert.deepEqual(await syncThere(), { fetched: count + 1, appended: 0 });
      assert.deepEqual(contentOf(there), contentOf(here));
    });

    const validities = here.uidValidities();
    const known = { MAILCTL_PASSWORD: password };
    const backup = `${stage.folder}/backup.db`;
    const events: Readonly<Record<string, () => Promise<unknown>>> = {
      "another start of the bridge": async () => {
        await bridge.stop();
        bridge = await BridgeProcess.start(bob);
      },
      "another start of the server": async () => {
        await server.stop();
        await server.start();
      },
      "a restored backup": async () => {
        assert.equal((await operator.run(["admin", "backup", backup])).status, 0);
        await server.stop();
        assert.equal((await operator.run(["admin", "restore", backup, "--force"])).status, 0);
        await server.start();
        const { err } = await bob.run(["inbox", "-n", "1"], { env: known });
        assert.equal(err, "mailctl: The server says that it has restored a backup\n");
      },
      "new keys": () => bob.do(["keys", "rotate"], { env: known }),
      "another password": () =>
        bob.do(["passwd"], { env: { ...known, MAILCTL_NEW_PASSWORD: "another long password" } }),
    };
    for (const [name, happen] of Object.entries(events)) {
      await t.step(`${name}: nothing is fetched again`, async () => {
        const before = contentOf(here);
        await happen();
        assert.deepEqual([await syncHere(), await syncThere()], [nothing, nothing]);
        assert.deepEqual(here.uidValidities(), validities);
        assert.deepEqual([contentOf(here), contentOf(there)], [before, before]);
      });
    }

    /** Until neither has anything that the other has not. */
    const syncBoth = async () => {
      await syncHere();
      await syncThere();
      await syncHere();
      assert.deepEqual([await syncThere(), await syncHere()], [nothing, nothing]);
      assert.deepEqual(contentOf(there), contentOf(here));
    };

    await t.step("what both change at once is the same on both afterwards", async () => {
      const total = here.messages().length;
      here.flag(here.find(idOf(1)), "FPRS");
      here.flag(here.find(idOf(2)), "");
      here.move(here.find(idOf(3)), "Archive");
      here.flag(here.find(idOf(4)), "ST");
      here.add("Projects/Offers", letter("offer"), { arrived: 1_500_000_007, flags: "F" });
      there.flag(there.find(idOf(1)), "T");
      there.flag(there.find(idOf(5)), "S");
      there.move(there.find(idOf(6)), "Trash");
      there.flag(there.find(idOf(7)), "FT");
      there.add(cafe, letter("bill"), { arrived: 1_500_000_008 });
      await syncBoth();
      const of = (name: string | number) => {
        const { folder, flags, arrived } = here.find(idOf(name));
        return [folder, flags, arrived];
      };
      assert.deepEqual([of(2), of(3), of(5), of(6)], [
        ["INBOX", "", arrivedAt(2)],
        ["Archive", "PS", arrivedAt(3)],
        ["INBOX", "S", arrivedAt(5)],
        ["Trash", "FPRS", arrivedAt(6)],
      ]);
      assert.deepEqual([of("offer"), of("bill")], [
        ["Projects/Offers", "F", 1_500_000_007],
        [cafe, "", 1_500_000_008],
      ]);
      assert.deepEqual(namesOf(here).length, total + 2 - 3);
      assert.deepEqual(new Set(namesOf(here)).size, namesOf(here).length);
    });

    await t.step("what mailctl changes comes to both, and the other way round", async () => {
      const listed = await bob.list("inbox", "--folder", "Projects/Offers");
      assert.deepEqual(listed.messages.map(({ subject }) => subject), ["offer"]);
      await bob.do(["move", String(listed.messages[0]!.id), "Archive"]);
      await bob.do(["folders", "create", "by-mailctl"]);
      await syncBoth();
      await bob.do(["folders", "rename", "Projects/Offers", "Projects/Done"]); // empty: mbsync removes no other
      await syncBoth();
      assert.deepEqual(here.find(idOf("offer")).folder, "Archive");
      assert.deepEqual(here.find(idOf("offer")).arrived, 1_500_000_007);
      const { out } = await bob.do(["folders", "--json"]);
      assert.match(out, /"Caf\u00e9 & Co"/);
      const own = here.folders().filter((name) => /^(?:by|Proj|Caf)/.test(name));
      assert.deepEqual(own, [cafe, "Projects", "Projects/Done", "by-mailctl"]);
    });
  },
});

function namesOf(mbsync: Mbsync): string[] {
  return mbsync.messages().map(({ messageId }) => messageId);
}
