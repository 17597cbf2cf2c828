/** A server that lies to people who trust its key: what it can do is withhold mail, and nothing else unseen. */
import { asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { Stage } from "../support/person.ts";
import {
  changedBody,
  changedEntries,
  flipped,
  HostileServer,
  type Lies,
  madeUpKeys,
} from "../support/hostile_server.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";

const mebi = 1024 * 1024;
const large = new Uint8Array(3 * mebi).map((_, at) => at % 251);

/** A lie, the command that meets it, and how that must end. */
interface Attack {
  readonly name: string;
  readonly lies: (server: HostileServer) => Promise<Lies> | Lies;
  readonly args: readonly string[];
  readonly status: number;
  /** Of what was written: nothing at all, unless it says more. */
  readonly out?: RegExp;
  readonly err?: RegExp;
}

const everything = ["2", "--attachment", "large.bin"]; // a message of several pieces

const attacks: readonly Attack[] = [
  {
    name: "another key for a correspondent that is known",
    lies: async () => lookUp(await madeUpKeys("alice")),
    args: ["send", "alice", "-m", "x"],
    status: 81,
    err: /alice@mail\.test/,
  },
  {
    name: "somebody else's keys for a correspondent",
    lies: async (server) => lookUp((await server.store.findKeys([asAccountName("carol")]))[0]!),
    args: ["send", "alice", "-m", "x"],
    status: 82,
    err: /alice/,
  },
  {
    name: "an alias in the place of a correspondent that is known",
    lies: () => ({
      findKeys: (store) => (names) =>
        store.findKeys(names.map((name) => name === "alice" ? asAccountName("nobody") : name)),
      findAliases: () => (names) => Promise.resolve(names.map(() => asAccountName("carol"))),
    }),
    args: ["send", "alice", "-m", "x"],
    status: 81,
    err: /alice@mail\.test: it is now an alias of carol@mail\.test/,
  },
  {
    name: "made-up keys for somebody new, which the store knows better",
    lies: async () => lookUp(await madeUpKeys("dave")),
    args: ["send", "dave", "-m", "x"],
    status: 75,
  },
  {
    name: "an envelope replayed as another sender's",
    lies: () => changedEntries((entry) => ({ ...entry, from: asAccountName("carol") })),
    args: ["read", "1"],
    status: 82,
    out: /carol@mail\.test[^]*WARNING: invalid; anybody/,
  },
  {
    name: "an envelope that does not open",
    lies: () => changedEntries((entry) => withEnvelope(entry, (it) => flipped(it, it.length - 9))),
    args: ["read", "1", "--body"],
    status: 82,
  },
  {
    name: "the envelope of another message",
    lies: async (server) => {
      const [other] = await server.store.entries(await server.accountId("bob"), [entryId(2)]);
      return changedEntries((entry) => ({ ...entry, summary: null, envelope: other!.envelope }));
    },
    args: ["read", "1", "--body"],
    status: 82,
  },
  {
    name: "the summary of another message",
    lies: async (server) => {
      const [other] = await server.store.entries(await server.accountId("bob"), [entryId(2)]);
      return changedEntries((entry) => ({ ...entry, summary: other!.summary }));
    },
    args: ["read", "1", "--body"],
    status: 82,
  },
  {
    name: "the body of another message",
    lies: () => ({
      body: (honest) => (account, id) => honest.body(account, entryId(id === 1 ? 2 : 1)),
    }),
    args: ["read", "1", "--body"],
    status: 82,
  },
  {
    name: "a byte flipped in a body",
    lies: () => changedBody((body) => flipped(body, body.length - 20)),
    args: ["read", "1", "--body"],
    status: 82,
  },
  {
    name: "a body cut short",
    lies: () => changedBody((body) => body.slice(0, -1)),
    args: ["read", "1", "--body"],
    status: 82,
  },
  {
    name: "a body with something after it",
    lies: () => changedBody((body) => new Uint8Array([...body, 0])),
    args: ["read", "1", "--body"],
    status: 82,
  },
  {
    name: "a byte flipped in a body, exported as JSON: no line is begun",
    lies: () => changedBody((body) => flipped(body, body.length - 20)),
    args: ["export", "1", "--format", "json"],
    status: 82,
  },
  {
    name: "a byte flipped in a body, read as JSON",
    lies: () => changedBody((body) => flipped(body, body.length - 20)),
    args: ["read", "1", "--json"],
    status: 82,
    out: /^\{"error":\{"code":"bad_signature"/,
  },
  {
    name: "a list with a flipped summary",
    lies: () =>
      changedEntries((entry) => ({
        ...entry,
        summary: flipped(entry.envelope ?? entry.summary!, 50),
      })),
    args: ["inbox", "-n1"],
    status: 0,
    out: /^\d+\t\w+\tinvalid\t[^\t]+\talice@mail\.test\t\t0\n$/,
  },
  {
    name: "a keyring that went back in time",
    lies: () => ({
      keyring: () => () => Promise.resolve({ isWhole: true, parts: [], restoredAt: 0 }),
    }),
    args: ["inbox", "-n1"],
    status: 0,
    out: /^2\t\w+\tsigned\t[^\t]+\talice@mail\.test\tlarge\t/,
    err: /an older list of contacts; this machine's newer one was not put back: Cannot trust/,
  },
  {
    name: "a keyring that was altered",
    lies: () => ({
      keyring: (honest) => async (account) => {
        const kept = await honest.keyring(account);
        const parts = kept.parts.map((part) => ({ ...part, sealed: flipped(part.sealed, 30) }));
        return { ...kept, parts };
      },
    }),
    args: ["inbox"],
    status: 82,
  },
  {
    name: "a defect",
    lies: () => ({ list: () => () => Promise.reject(new Error("a secret of the server's")) }),
    args: ["inbox"],
    status: 70,
    err: /^mailctl: (?!.*secret)/,
  },
];

function lookUp(keys: Awaited<ReturnType<typeof madeUpKeys>>): Lies {
  return { findKeys: () => (names) => Promise.resolve(names.map(() => keys)) };
}

function withEnvelope(entry: Entry, change: (envelope: Uint8Array) => Uint8Array): Entry {
  return { ...entry, summary: null, envelope: entry.envelope && change(entry.envelope) };
}

Deno.test("a server that lies is found out", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const people = ["alice", "bob", "carol", "dave"];
  const [alice, bob] = await stage.people(server, ...people);
  await alice!.send(["bob", "-s", "small", "-m", "hello\n"]);
  await alice!.send(["bob", "-s", "large", "-m", "", "-a", "-:large.bin"], { stdin: large });
  await bob!.send(["alice", "-m", "so that bob knows alice"]);
  await bob!.do(["inbox"]);

  for (const { name, lies, args, status, out = /^$/, err = /^mailctl: |^$/ } of attacks) {
    await t.step(name, async () => {
      const told = await lies(server);
      const outcome = await server.lying(told, () => bob!.run(args));
      assert.equal(outcome.status, status, outcome.err);
      assert.match(outcome.out, out);
      assert.match(outcome.err, err);
    });
  }

  await t.step(
    "a byte flipped in the second piece: not one byte of that piece comes out",
    async () => {
      const lies = changedBody((body) => flipped(body, Math.floor(body.length / 2)));
      const toPipe = await server.lying(lies, () => bob!.run(["read", ...everything]));
      assert.equal(toPipe.status, 82, toPipe.err);
      assert.ok(toPipe.bytes.length < large.length / 2);
      assert.equal(toPipe.bytes.toHex(), large.subarray(0, toPipe.bytes.length).toHex());
      for (const way of [["-o", "file.bin"], ["--force", "-o", "file.bin"]]) {
        const toFile = await server.lying(lies, () => bob!.run(["read", ...everything, ...way]));
        assert.deepEqual([toFile.status, toFile.out], [82, ""]);
      }
      const saved = await server.lying(lies, () => bob!.run(["read", "2", "--save", "saved"]));
      assert.deepEqual([saved.status, saved.out], [82, ""]);
      const left = [...Deno.readDirSync(bob!.home.work)].map(({ name }) => name);
      assert.deepEqual(left, ["saved"]);
      assert.deepEqual([...Deno.readDirSync(`${bob!.home.work}/saved`)], []);
    },
  );

  await t.step("nothing was marked as read, and honest again it is believed again", async () => {
    const { unread } = await bob!.list("inbox");
    assert.equal(unread, 2);
    assert.equal((await bob!.do(["read", "1", "--body"])).out, "hello\n");
    assert.equal((await bob!.do(["read", ...everything])).bytes.length, large.length);
  });
});
