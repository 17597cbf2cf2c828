/** What a store promises of shares: no sender, and not all of outside, fills a mailbox that others write to. */
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { type AccountName, asAccountName } from "../../src/model/address.ts";
import assert from "node:assert/strict";
import { randomBytes } from "../../src/model/bytes.ts";
import { type AccountId, accountId, type EntryId, entryId } from "../../src/model/ids.ts";
import type { Quota } from "../../src/store/administration_store.ts";
import type { NewInbound } from "../../src/store/inbound_store.ts";
import type { Store } from "../../src/store/store.ts";
import { createAccounts, query, sampleMessage } from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

/** A quarter of these messages is 2, half of them 4. */
const eight: Quota = { maxMessages: 8, maxBytes: 0 };

let keys = 0;

function inbound(
  to: readonly string[],
  { account = null, quota = eight }: { account?: AccountName | null; quota?: Quota | undefined } =
    {},
): NewInbound {
  const { recipients, body } = sampleMessage(accountId(0), { key: `in ${keys++}`, to });
  return {
    key: asIdempotencyKey(randomBytes(32)),
    storedAt: 1_000,
    from: { account, addresses: [] },
    quota,
    body,
    recipients,
  };
}

function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(() => "stored", (error) => `${error.code} ${error.message}`);
}

function send(store: Store, from: AccountId, to: readonly string[], quota: Quota | null = eight) {
  const message = sampleMessage(from, { key: `key ${keys++}`, to });
  return outcome(store.send({ ...message, quota: quota ?? undefined }));
}

async function fillWith(work: () => Promise<string>): Promise<number> {
  for (let stored = 0;; stored++) if (await work() !== "stored") return stored;
}

async function people(store: Store, ...names: string[]): Promise<AccountId[]> {
  return (await createAccounts(store, names)).map(({ id }) => id);
}

async function inbox(store: Store, id: AccountId): Promise<EntryId[]> {
  return (await store.list(query(id))).entries.map((entry) => entry.id);
}

const refused = "over_quota Cannot send to bob: your share of the mailbox is full";

export const sharePromises: Promises = {
  "takes a quarter of a mailbox from one account, and others' mail after it": async (store) => {
    const [alice, bob, carol] = await people(store, "alice", "bob", "carol", "dave");
    assert.equal(await fillWith(() => send(store, alice!, ["bob"])), 2);
    assert.equal(await send(store, alice!, ["bob", "carol"]), refused);
    assert.equal(await send(store, carol!, ["bob", "dave"]), "stored", "a group of others");
    const [, , first] = await inbox(store, bob!);
    await store.deleteEntries(bob!, [first!]);
    assert.equal(await send(store, alice!, ["bob"]), "stored", "once there is less of it");
    await store.setQuota(asAccountName("dave"), { maxMessages: 1 });
    const full = "over_quota Cannot send to dave: the mailbox is full";
    assert.equal(await send(store, alice!, ["bob", "dave"]), full, "not the share, but all of it");
    const large = sampleMessage(alice!, { key: "large", to: ["bob", "dave"] });
    const terms = { partial: true, unknown: [], expiresAt: null };
    assert.equal(await outcome(store.submit({ ...large, quota: eight }, terms)), full);
    const alone = sampleMessage(alice!, { key: "alone", to: ["bob"] });
    assert.equal(await outcome(store.submit({ ...alone, quota: eight }, terms)), refused);
  },

  "takes half of a mailbox from outside, whoever it is": async (store) => {
    const [alice, bob] = await people(store, "alice", "bob");
    const receive = () => outcome(store.receive(inbound(["bob"])));
    const room = (account: AccountName | null) =>
      store.hasRoom({
        name: asAccountName("bob"),
        from: { account, addresses: [] },
        bytes: 1,
        quota: eight,
      });
    assert.equal(await room(null), true);
    assert.equal(await fillWith(receive), 4);
    assert.deepEqual([await room(null), await room(asAccountName("alice"))], [false, true]);
    assert.equal(await receive(), refused);
    assert.equal(await send(store, alice!, ["bob"]), "stored");
    assert.equal((await inbox(store, bob!)).length, 5);
    const nobody = {
      name: asAccountName("nobody"),
      from: { account: null, addresses: [] },
      bytes: 1,
      quota: eight,
    };
    assert.equal(await store.hasRoom(nobody), false);
  },

  "counts what an account brings by SMTP as its own": async (store) => {
    const [alice, bob] = await people(store, "alice", "bob");
    assert.equal(await send(store, alice!, ["bob"]), "stored");
    const receive = (account: AccountName | null) =>
      outcome(store.receive(inbound(["bob"], { account })));
    assert.equal(await fillWith(() => receive(asAccountName("alice"))), 1);
    assert.equal(await send(store, alice!, ["bob"]), refused);
    assert.equal(await fillWith(() => receive(null)), 4);
    assert.equal(
      await fillWith(() => receive(asAccountName("bob"))),
      2,
      "one's own, up to the quota",
    );
    assert.equal((await inbox(store, bob!)).length, 8);
  },

  "bounds own mail by the whole quota": async (store) => {
    const [alice] = await people(store, "alice", "bob");
    assert.equal(await fillWith(() => send(store, alice!, ["alice"])), 4, "two copies each");
    assert.match(await send(store, alice!, ["bob"]), /your own mailbox is full/);
  },

  "counts what comes back as the owner's, not as from outside": async (store) => {
    const [alice] = await people(store, "alice");
    const terms = { partial: true, unknown: ["x", "y", "z"].map(asAccountName), expiresAt: null };
    const lost = sampleMessage(alice!, { key: "lost", to: [] });
    await store.submit({ ...lost, quota: eight }, terms);
    const receive = () => outcome(store.receive(inbound(["alice"])));
    assert.equal(await fillWith(receive), 4, "half of it, with three notices there");
  },

  "bounds bytes as messages": async (store) => {
    const [alice, bob] = await people(store, "alice", "bob", "carol");
    const body = new Uint8Array(1_000);
    const quota = { maxMessages: 0, maxBytes: 8_800 };
    const big = (key: string) =>
      outcome(
        store.send({ ...sampleMessage(alice!, { key, to: ["bob"], body: body.slice() }), quota }),
      );
    assert.equal(await big("first"), "stored");
    assert.equal(await big("second"), "stored");
    assert.equal(await big("third"), refused);
    await store.deleteEntries(bob!, [entryId(1)]);
    assert.equal(await big("third again"), "stored");
  },

  "has no shares where there is no quota": async (store) => {
    const [alice] = await people(store, "alice", "bob");
    await store.setQuota(asAccountName("bob"), { maxMessages: 0, maxBytes: 0 });
    for (let n = 0; n < 12; n++) {
      assert.equal(await send(store, alice!, ["bob"], null), "stored");
      assert.equal(await outcome(store.receive(inbound(["bob"]))), "stored");
    }
  },

  "looks at the share of mail that waited when it is delivered": async (store) => {
    const [alice, bob, carol] = await people(store, "alice", "bob", "carol");
    const terms = { partial: false, unknown: [], expiresAt: null, deliverAt: 2_000 };
    const waiting = sampleMessage(alice!, { key: "waits", to: ["bob", "carol"] });
    await store.submit({ ...waiting, quota: eight }, terms);
    assert.equal(await fillWith(() => send(store, alice!, ["bob"])), 2);
    while (await store.deliverDue(2_000, eight));
    const [returned, ...more] = await store.bounced(alice!, [entryId(1)]);
    assert.deepEqual([returned!.recipient, returned!.reason, more], ["bob", "mailbox_full", []]);
    assert.equal((await inbox(store, bob!)).length, 2);
    assert.equal((await inbox(store, carol!)).length, 1);
  },
};
