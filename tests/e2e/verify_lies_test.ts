/** Keys that people compare, at a server that would rather have them take its own. */
import assert from "node:assert/strict";
import { answered, contactOf, contactsOf, givesKeys, pairOn } from "../support/comparing.ts";
import { HostileServer, type Lies, madeUpKeys } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";
import { openHere } from "../support/person_here.ts";
import { watched } from "../support/program_terminal.ts";
import { asAccountName } from "../../src/model/address.ts";
import { versionOf } from "../../src/model/keyring.ts";

Deno.test("a server in between is found out, whenever it begins to lie", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const people = ["alice", "bob", "carol", "dave"];
  const [alice, bob, carol] = await stage.people(server, ...people);
  await bob!.send(["alice", "dave", "-m", "so that bob knows them"]);
  const known = (await contactOf(bob!, "alice"))!;
  const made = await madeUpKeys("alice");
  const madeFingerprint = made.fingerprint.toHex();

  await t.step("the two see different digits, and a no changes nothing", async () => {
    const honest = pairOn((await answered(alice!, "mailctl verify carol", "no")).screen);
    const lied = await server.lying(
      givesKeys(made),
      () => answered(carol!, "mailctl verify alice", "no"),
    );
    assert.equal(lied.status, 85, lied.screen);
    assert.notDeepEqual(pairOn(lied.screen), honest);
    assert.deepEqual(await contactsOf(carol!), []);
  });

  await t.step("what is pinned is what was shown, whatever the server says after it", async () => {
    const honest = (await server.store.findKeys([asAccountName("dave")]))[0]!;
    const { status } = await answered(
      carol!,
      "mailctl verify dave",
      "yes",
      async (end) => server.lying(givesKeys(await madeUpKeys("dave")), end),
    );
    assert.equal(status, 0);
    assert.equal((await contactOf(carol!, "dave"))?.fingerprint, honest.fingerprint.toHex());
    assert.equal((await carol!.run(["verify", "dave"])).status, 0);
  });

  const older = await server.accountId("bob").then((id) => server.store.keyring(id));

  await t.step("a keyring that goes back while a person thinks is refused", async () => {
    const args = ["verify", "carol", "--fingerprint"];
    const carols = (await server.store.findKeys([asAccountName("carol")]))[0]!.fingerprint.toHex();
    await bob!.run([...args, carols]);
    const before = await contactsOf(bob!);
    for (const keyring of [{ isWhole: true, parts: [], restoredAt: 0 }, older]) {
      const lie: Lies = { keyring: () => () => Promise.resolve(keyring) };
      const { status, screen } = await answered(
        bob!,
        "mailctl verify alice",
        "yes",
        (end) => server.lying(lie, end),
      );
      assert.equal(status, 82, screen);
    }
    assert.deepEqual(await contactsOf(bob!), before);
  });

  await t.step("also where no login is saved, so that only this command has seen it", async () => {
    const state = `${bob!.home.folder}/home/.local/state/mailctl`;
    const logins = Deno.readTextFileSync(`${state}/logins.json`);
    const [login] = JSON.parse(logins);
    assert.ok(versionOf(login.keyring) > versionOf(older.parts));
    const forgetful = JSON.stringify([{ ...login, keyring: [] }]);
    Deno.writeTextFileSync(`${state}/logins.json`, forgetful);
    const mailbox = await openHere(bob!, server.trusted);
    const shown = await mailbox.compare("alice");
    await mailbox.finish();
    const lie: Lies = {
      keyring: () => () => Promise.resolve(older),
      replaceKeyring: () => () => Promise.resolve(), // as if it had never known another
    };
    const again = await mailbox.reopen();
    try {
      await server.lying(lie, () => again.accept(shown, { verified: true }));
    } finally {
      again.close();
    }
    Deno.writeTextFileSync(`${state}/logins.json`, logins);
  });

  await t.step(
    "one of before the comparison takes no comparison back, and is told of",
    async () => {
      const lie: Lies = { keyring: () => () => Promise.resolve(older) };
      const send = ["send", "carol", "-m", "x", "--require-verified"];
      for (const args of [send, ["contacts"], ["trust", "carol"], ["verify", "carol"]]) {
        const { status, err } = await server.lying(lie, () => bob!.run(args));
        assert.equal(status, args === send ? 82 : 0, args.join(" ")); // it takes the newer list along
        assert.match(err, /older list of contacts/, args.join(" "));
      }
      await bob!.run(send); // which may put it back once more
      await bob!.send(send.slice(1));
    },
  );

  await t.step("a changed key: told with both keys, and taken for nobody's by itself", async () => {
    const stops: readonly (readonly string[])[] = [
      ["verify", "alice"],
      ["verify", "alice", "--json"],
      ["trust", "alice"],
      ["trust", "alice", "--json"],
      ["verify", "alice", "--fingerprint", known.fingerprint],
      ["trust", "alice", "--fingerprint", known.fingerprint],
      ["trust", "alice", "--fingerprint", "0".repeat(64)],
      ["send", "alice", "-m", "x"],
      ["send", "alice", "-m", "x", "--require-verified"],
    ];
    await server.lying(givesKeys(made), async () => {
      for (const args of stops) {
        const { status, out, err } = await bob!.run(args);
        assert.equal(status, 81, args.join(" "));
        const isShown = !args.includes("--fingerprint") && args[0] !== "send";
        assert.equal(isShown, out.includes(madeFingerprint), out);
        assert.equal(isShown, out.includes(known.fingerprint), out);
        if (isShown || args[0] === "send") assert.match(err, /mailctl trust alice@mail\.test/);
      }
      const { screen, status } = await watched(bob!.home, "mailctl verify alice");
      assert.equal(status, 81);
      assert.doesNotMatch(screen, /\[yes\/no\]/); // a habit of saying yes must not replace a key
    });
    assert.deepEqual(await contactOf(bob!, "alice"), known);
  });

  await t.step("keys that are not theirs, or no answer to the question, are refused", async () => {
    const carols = (await server.store.findKeys([asAccountName("carol")]))[0]!;
    const lies: readonly [Lies, number][] = [
      [givesKeys(carols), 82],
      [{ findKeys: () => () => Promise.resolve([]) }, 67],
    ];
    for (const command of ["verify", "trust"]) {
      for (const [lie, expected] of lies) {
        const { status, out } = await server.lying(lie, () => bob!.run([command, "alice"]));
        assert.deepEqual([status, out], [expected, ""]);
      }
    }
  });
});
