/** A server that shows old contacts again and again, so that a known correspondent looks new and gets its own key. */
import assert from "node:assert/strict";
import { type KeyringPart, versionOf } from "../../src/model/keyring.ts";
import { keyringChanged } from "../../src/store/failures.ts";
import { contactsOf } from "../support/comparing.ts";
import { fillRing } from "../support/full_ring.ts";
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

type Parts = readonly KeyringPart[];
const mixtures: readonly [
  what: string,
  mix: (own: Parts, others: Parts) => Parts,
  status: number,
][] = [
  ["without the newest", (own) => own.slice(0, -1), 0],
  ["without one in the middle", (own) => own.toSpliced(1, 1), 82],
  ["without the whole ring", (own) => own.slice(1), 82],
  ["with two of them swapped", ([whole, one, two]) => [whole!, two!, one!], 82],
  ["with another account's", (own, others) => own.with(1, others[1]!), 82],
  ["with a whole ring again before the newest", (own) => [own[0]!, own[0]!, own[2]!], 82],
];

Deno.test("parts of a keyring that a server leaves out or mixes are refused, or put back", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, mallory] = await stage.people(server, "alice", "mallory", "bob", "carol");
  for (const person of [alice!, mallory!]) {
    await fillRing(person, server.trusted, 40);
    for (const to of ["bob", "carol"]) await person.send([to, "-m", "x"]);
  }
  const account = await server.accountId("alice");
  const own = (await server.store.keyring(account)).parts;
  const others = (await server.store.keyring(await server.accountId("mallory"))).parts;
  assert.deepEqual([own.length, others.length], [3, 3]);
  for (const [what, mix, status] of mixtures) {
    await t.step(what, async () => {
      const lie: Lies = {
        keyring: () => () =>
          Promise.resolve({ isWhole: true, parts: mix(own, others), restoredAt: 0 }),
        replaceKeyring: () => () => Promise.resolve(), // and forgotten
      };
      const outcome = await server.lying(lie, () => alice!.run(["contacts"]));
      assert.equal(outcome.status, status, outcome.err);
      if (status === 0) assert.equal(outcome.err, told);
    });
  }
});
