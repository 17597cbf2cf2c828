/** A server that shows old contacts again and again, so that a known correspondent looks new and gets its own key. */
import assert from "node:assert/strict";
import { type KeyringPart, versionOf } from "../../src/model/keyring.ts";
import { keyringChanged } from "../../src/store/failures.ts";
import { contactsOf } from "../support/comparing.ts";
import { HostileServer, type Lies, madeUpKeys } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";

const told =
  "mailctl: The server had an older list of contacts; this machine's newer one was put back\n";

Deno.test("a keyring that goes back with every command pins nobody anew, and is told every time", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice] = await stage.people(server, "alice", "bob", "carol");
  await alice!.send(["carol", "-m", "x"]);
  const account = await server.accountId("alice");
  const old = await server.store.keyring(account);
  await alice!.send(["bob", "-m", "x"]);
  const made = await madeUpKeys("bob");
  const offered: KeyringPart[] = [];

  const rolledBack = (kept: typeof old): Lies => ({
    keyring: () => () => Promise.resolve(kept),
    replaceKeyring: () => (_account, keyring) => {
      offered.push(keyring); // and forgotten
      return Promise.resolve();
    },
    findKeys: (honest) => async (names) =>
      (await honest.findKeys(names)).map((keys, at) => names[at] === "bob" ? made : keys),
  });

  for (const kept of [old, { isWhole: true, parts: [], restoredAt: 0 }, old]) {
    await t.step(
      `back at version ${versionOf(kept.parts)}`,
      () =>
        server.lying(rolledBack(kept), async () => {
          const sent = await alice!.run(["send", "bob", "-m", "secret"]);
          assert.deepEqual([sent.status, sent.out], [81, ""], sent.err);
          assert.ok(sent.err.startsWith(told), sent.err);
          const { status, err } = await alice!.run(["contacts"]);
          assert.deepEqual([status, err], [0, told]);
        }),
    );
  }

  await t.step("versions only went up", () => {
    const versions = offered.map(({ version }) => version);
    assert.deepEqual(versions, versions.map((_, at) => 3 + at));
  });

  await t.step("the honest server takes them from where it is", async () => {
    await server.store.replaceKeyring(account, {
      expectedVersion: 2,
      after: null,
      ...old.parts[0]!,
    });
    assert.equal((await alice!.run(["contacts"])).err, told);
    const contacts = await contactsOf(alice!);
    assert.deepEqual(contacts.map(({ state }) => state), ["signed", "signed"]);
  });
});

Deno.test("a server that does not take the newer contacts gains nothing, and is told of", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob", "carol");
  await alice!.send(["bob", "-m", "x"]);
  await bob!.send(["alice", "-m", "hello", "-a", "-:large.bin"], {
    stdin: new Uint8Array(2_000_000),
  });
  const made = await madeUpKeys("bob");
  const refusing: Lies = {
    keyring: () => () => Promise.resolve({ isWhole: true, parts: [], restoredAt: 0 }),
    replaceKeyring: () => () => Promise.reject(keyringChanged()),
    saveSummaries: () => () => Promise.reject(keyringChanged()),
    findKeys: (honest) => async (names) =>
      (await honest.findKeys(names)).map((keys, at) => names[at] === "bob" ? made : keys),
  };
  const commands: readonly [args: string[], status: number][] = [
    [["inbox"], 0],
    [["contacts"], 0],
    [["read", "2"], 0], // while the reply to something else is read piece by piece
    [["send", "bob", "-m", "secret"], 81],
    [["send", "carol", "-m", "to somebody new"], 82],
  ];
  for (const [args, status] of commands) {
    await t.step(args.join(" "), async () => {
      const outcome = await server.lying(refusing, () => alice!.run(args));
      assert.equal(outcome.status, status, outcome.err);
      assert.match(outcome.err, /newer one was not put back: Cannot trust the server/);
    });
  }
});
