/** Receipts: nobody but the reader can make one, it is good for one message and its sender, and it can be refused. */
import assert from "node:assert/strict";
import { waitForRead } from "../../src/cli/waiting/wait_for_receipts.ts";
import { rotateKeys } from "../../src/client/account/rotate_keys.ts";
import { deleteAccount, openMailbox } from "../../src/client/open_mailbox.ts";
import type { ListedDelivery } from "../../src/client/reading/opened_entry.ts";
import { decodeReceipt, signReceipt } from "../../src/crypto/message/receipt.ts";
import { asAccountName, asAddress } from "../../src/model/address.ts";
import { randomBytes, utf8 } from "../../src/model/bytes.ts";
import { type AccountId, type EntryId, entryId } from "../../src/model/ids.ts";
import type { Delivery } from "../../src/model/message.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import type { Store } from "../../src/store/store.ts";
import { PersonHere } from "../support/account_here.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import {
  changedEntries,
  flipped,
  HostileServer,
  type Lies,
  madeUpKeys,
} from "../support/hostile_server.ts";

interface Scene {
  readonly server: HostileServer;
  readonly alice: PersonHere;
  readonly bob: PersonHere;
  readonly carol: PersonHere;
}

function play(act: (scene: Scene) => Promise<void>): Promise<void> {
  return atHostileServer(async (scene) =>
    await act({ ...scene, carol: await scene.join("carol") })
  );
}

/** Reads a message to its end and marks it as read, as the commands do. */
async function read({ options }: PersonHere, id: EntryId, receipts = true): Promise<void> {
  const mailbox = await openMailbox({ ...options, receipts });
  try {
    const message = await mailbox.open(id);
    for await (const _ of message.source());
    await mailbox.markRead([message]);
  } finally {
    await mailbox.finish();
  }
}

/** What a sender sees of a message in each of the ways that show it. */
async function shown(person: PersonHere, id: EntryId): Promise<readonly ListedDelivery[]> {
  const list = async () => (await person.list("sent")).find((one) => one.id === id)!;
  const [listed, ...others] = [
    await list(),
    await list(), // from its summary
    await person.with((mailbox) => mailbox.look(id)),
    (await person.with((mailbox) => mailbox.waitForRead(id, null))).message,
    await person.with((mailbox) => mailbox.open(id)),
  ];
  for (const other of others) assert.deepEqual(other.deliveries, listed.deliveries);
  return listed.deliveries;
}

async function found(person: PersonHere, id: EntryId): Promise<(string | null)[]> {
  const deliveries = await shown(person, id);
  for (const { readAt, receipt } of deliveries) {
    assert.equal(readAt !== null, receipt === "signed" || receipt === "verified");
  }
  return deliveries.map(({ receipt }) => receipt);
}

const newest = async (person: PersonHere): Promise<EntryId> => (await person.list())[0]!.id;

const receiptOf = async (server: HostileServer, id: EntryId): Promise<Uint8Array> =>
  (await server.store.entries(await server.accountId("alice"), [id]))[0]!.deliveries[0]!.receipt!;

/** Shows the sender other receipts than there are. */
function showing(change: (delivery: Delivery) => Uint8Array | null): Lies {
  return changedEntries((entry) => ({
    ...entry,
    deliveries: entry.deliveries.map((one) => ({ ...one, receipt: change(one) })),
  }));
}

Deno.test("a receipt says when it was read, in every way that shows it, and to its sender alone", () =>
  play(async ({ alice, bob, carol }) => {
    const draft = { to: ["bob"], cc: [], bcc: ["carol"], subject: "x", attachments: [] };
    const id = await alice.with(async (it) => (await it.send({ ...draft, body: utf8("x") })).id);
    const before = Date.now();
    await read(carol, entryId(1));
    const [byBob, byCarol] = await shown(alice, id);
    assert.deepEqual([byBob!.receipt, byCarol!.receipt], [null, "signed"]);
    assert.ok(byCarol!.readAt! >= before && byCarol!.readAt! <= Date.now());
    // A blind recipient is not told of to the other one.
    const [theirs] = await bob.list();
    assert.deepEqual([theirs!.deliveries, theirs!.headers!.bcc], [[], []]);
  }));

Deno.test("a reader who refuses gives none: neither the sender nor the server's books tell", () =>
  play(async ({ server, alice, bob }) => {
    const id = await alice.send("bob", "x");
    await read(bob, entryId(1), false);
    assert.deepEqual(await found(alice, entryId(id)), [null]);
    assert.notEqual((await bob.list())[0]!.readAt, null);
    await read(bob, entryId(1)); // a second reading tells no more
    assert.deepEqual(await found(alice, entryId(id)), [null]);
    const [entry] = await server.store.entries(await server.accountId("alice"), [entryId(id)]);
    assert.deepEqual(entry!.deliveries.map((one) => ({ ...one })), [
      { recipient: "bob", receipt: null },
    ]);
  }));

type Forgery = (scene: Scene, receipt: Uint8Array) => Promise<Uint8Array | null>;

const forgeries: Readonly<Record<string, readonly [Forgery, string | null]>> = {
  "kept back": [() => Promise.resolve(null), null],
  "empty": [() => Promise.resolve(new Uint8Array(0)), "invalid"],
  "made of random bytes": [() => Promise.resolve(randomBytes(128)), "invalid"],
  "with another time": [(_, it) => Promise.resolve(flipped(it, 8)), "invalid"],
  "with other keys named": [(_, it) => Promise.resolve(flipped(it, 20)), "invalid"],
  "with a damaged signature": [(_, it) => Promise.resolve(flipped(it, 100)), "invalid"],
  "of another version": [(_, it) => Promise.resolve(flipped(it, 0)), "invalid"],
  "with a byte behind it": [(_, it) => Promise.resolve(new Uint8Array([...it, 0])), "invalid"],
  "of another message to the same reader": [async ({ server, alice, bob }) => {
    const id = await alice.send("bob", "x");
    await read(bob, await newest(bob));
    return await receiptOf(server, entryId(id));
  }, "invalid"],
  "of the same words to another reader": [async ({ server, alice, carol }) => {
    const id = await alice.send("carol", "x");
    await read(carol, entryId(1));
    return await receiptOf(server, entryId(id));
  }, "invalid"],
  "for another sender": [async ({ server, bob, carol }) => {
    const id = await carol.send("bob", "x");
    await read(bob, await newest(bob));
    const [sent] = await server.store.entries(await server.accountId("carol"), [entryId(id)]);
    return sent!.deliveries[0]!.receipt;
  }, "invalid"],
};

Deno.test("an invalid receipt is shown as not read, and the true one as read again", (t) =>
  play(async (scene) => {
    const { server, alice, bob } = scene;
    for (const [name, [forge, outcome]] of Object.entries(forgeries)) {
      await t.step(name, async () => {
        const id = await alice.send("bob", "x");
        await read(bob, await newest(bob));
        const forged = await forge(scene, await receiptOf(server, entryId(id)));
        const lies = showing(() => forged);
        await server.lying(
          lies,
          async () => assert.deepEqual(await found(alice, entryId(id)), [outcome]),
        );
        assert.deepEqual(await found(alice, entryId(id)), ["signed"]);
        await server.lying(
          lies,
          async () => assert.deepEqual(await found(alice, entryId(id)), [outcome]),
        );
      });
    }
  }));

Deno.test("a receipt by keys that the server made up for the reader is not the reader's", () =>
  play(async ({ server, alice }) => {
    const id = await alice.send("bob", "x");
    const seed = randomBytes(32);
    const keys = await madeUpKeys("bob", seed);
    const message = await alice.with((mailbox) => mailbox.open(entryId(id)));
    const read = {
      messageId: message.headers.messageId,
      contents: message.contents!,
      sender: asAddress("alice@mail.test"),
      reader: asAddress("bob@mail.test"),
    };
    const { fingerprint } = keys;
    const receipt = await signReceipt({ signingSeed: seed, fingerprint }, read, Date.now());
    const lies: Lies = {
      ...showing(() => receipt),
      findLines: () => () => Promise.resolve([{ keys, steps: [] }]),
    };
    await server.lying(
      lies,
      async () => assert.deepEqual(await found(alice, entryId(id)), ["changed"]),
    );
    const trueKeys = (await server.store.findKeys([asAccountName("bob")]))[0]!.fingerprint;
    const named = await signReceipt({ signingSeed: seed, fingerprint: trueKeys }, read, 1);
    await server.lying(
      showing(() => named),
      async () => assert.deepEqual(await found(alice, entryId(id)), ["invalid"]),
    );
  }));

Deno.test("nobody can give a receipt in another reader's place, nor for what is not theirs", () =>
  play(async ({ server, alice, bob, carol }) => {
    const id = await alice.send("bob", "x");
    const other = await alice.send("carol", "y");
    await read(bob, entryId(1));
    const stolen = await receiptOf(server, entryId(id));
    const giving = (store: Store, account: AccountId, ids: readonly EntryId[]) =>
      store.markRead(account, ids, 1, new Map(ids.map((each) => [each, stolen])));
    await giving(server.store, await server.accountId("carol"), [
      entryId(1),
      entryId(2),
      entryId(3),
    ]);
    assert.deepEqual(await found(alice, entryId(other)), ["invalid"]);
    assert.deepEqual(await found(alice, entryId(id)), ["signed"]);
    assert.deepEqual((await carol.list()).map(({ deliveries }) => deliveries), [[]]);
  }));

Deno.test("a receipt holds over changes of the reader's keys, before it and after it", () =>
  play(async ({ alice, bob }) => {
    const [first, second] = [await alice.send("bob", "1"), await alice.send("bob", "2")];
    await read(bob, entryId(1));
    await rotateKeys(bob.options, Date.now());
    await read(bob, entryId(2));
    await rotateKeys(bob.options, Date.now());
    assert.deepEqual(await found(alice, entryId(second)), ["signed"]);
    assert.deepEqual(await found(alice, entryId(first)), ["signed"]);
  }));

Deno.test("what was seen to hold is not asked about again, and outlives its reader's account", () =>
  play(async ({ server, alice, bob }) => {
    const [seen, unseen] = [await alice.send("bob", "1"), await alice.send("bob", "2")];
    await read(bob, entryId(1));
    assert.deepEqual(await found(alice, entryId(seen)), ["signed"]);
    const silent: Lies = { findLines: () => () => Promise.reject(new Error("asked again")) };
    await server.lying(
      silent,
      async () => assert.deepEqual(await found(alice, entryId(seen)), ["signed"]),
    );
    await read(bob, entryId(2));
    await deleteAccount(bob.options);
    assert.deepEqual(await found(alice, entryId(seen)), ["signed"]);
    assert.deepEqual(await found(alice, entryId(unseen)), ["unknown"]);
  }));

const waitBriefly = (person: PersonHere, id: EntryId, messageId: string, key?: string) =>
  person.with((mailbox) => {
    const draft = { key, subject: "x", to: ["bob", "CAROL@mail.test"], cc: [], bcc: [] };
    return waitForRead(mailbox, { id, messageId, draft, aliases: [] }, "read", {
      text: "1s",
      ms: 1_000,
    });
  });

Deno.test("a wait does not end for a delivery left out, a receipt made up or another message", () =>
  play(async ({ server, alice, bob, carol }) => {
    const send = (to: readonly string[], subject: string) => {
      const draft = { to, cc: [], bcc: [], subject, body: utf8("x"), attachments: [] };
      return alice.with((mailbox) => mailbox.send(draft));
    };
    const other = await send(["bob", "carol"], "other");
    await read(bob, entryId(1));
    await read(carol, entryId(1));
    const { id, messageId } = await send(["bob", "carol"], "x");
    await read(bob, entryId(2));
    const onlyBob = (entry: Entry) => ({ ...entry, deliveries: entry.deliveries.slice(0, 1) });
    const nobody = (entry: Entry) => ({ ...entry, deliveries: [] });
    const copied = await receiptOf(server, id);
    const lies: readonly (readonly [Lies, string, RegExp])[] = [
      [{}, "timed_out", /no receipt from carol@mail\.test within 1s/],
      [changedEntries(onlyBob), "timed_out", /no receipt from carol@mail\.test within 1s/],
      [changedEntries(nobody), "timed_out", /no receipt from bob@mail\.test, carol@mail\.test/],
      [showing(({ receipt }) => receipt ?? copied), "timed_out", /no receipt from carol/],
      [
        {
          entries: (honest) => async (account, ids) =>
            (await honest.entries(account, ids.map(() => other.id)))
              .map((entry) => entry && { ...entry, id: ids[0]! }),
        },
        "protocol",
        /not the one that was sent/,
      ],
    ];
    for (const [lie, code, message] of lies) {
      for (const key of code === "protocol" ? [undefined, "key"] : [undefined]) {
        const { failure } = await server.lying(lie, () => waitBriefly(alice, id, messageId, key));
        assert.equal(failure?.code, code);
        assert.match(failure!.message, message);
      }
    }
    await read(carol, entryId(2));
    for (const [sentId, key] of [[messageId, undefined], ["of a repeat", "key"]] as const) {
      const { failure, readers } = await waitBriefly(alice, id, sentId, key);
      assert.equal(failure, null);
      assert.deepEqual(readers.map(({ recipient }) => recipient), [
        "bob@mail.test",
        "carol@mail.test",
      ]);
    }
  }));

Deno.test("mail to oneself is read by oneself, also over a change of keys", () =>
  play(async ({ alice }) => {
    const id = await alice.send("alice", "x");
    await read(alice, entryId(2));
    await rotateKeys(alice.options, Date.now());
    assert.deepEqual(await found(alice, entryId(id)), ["verified"]);
  }));

Deno.test("a receipt names the keys that its reader had, and has 105 bytes", () =>
  play(async ({ server, alice, bob }) => {
    const id = await alice.send("bob", "x");
    await read(bob, entryId(1));
    const receipt = await receiptOf(server, entryId(id));
    assert.equal(receipt.length, 105);
    assert.equal(decodeReceipt(receipt).fingerprint.toHex(), await bob.fingerprint());
  }));
