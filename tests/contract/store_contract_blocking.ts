/** What a store promises of blocked senders: their mail is taken as any other, and nothing of it is kept for who blocked them. */
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { asAccountName } from "../../src/model/address.ts";
import assert from "node:assert/strict";
import { randomBytes } from "../../src/model/bytes.ts";
import { accountId, entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import type { Account } from "../../src/store/account_store.ts";
import { type InboundSender, systemAccountId } from "../../src/store/inbound_store.ts";
import type { NewMessage, SendTerms } from "../../src/store/send_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  patterned,
  query,
  readBody,
  sampleMessage,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

async function three(store: Store): Promise<[Account, Account, Account]> {
  return await createAccounts(store, ["alice", "bob", "carol"]) as [Account, Account, Account];
}

async function total(store: Store, { id }: Account): Promise<number> {
  return (await store.list(query(id))).total;
}

async function deliveries(store: Store, { id }: Account, entry = 1): Promise<string[]> {
  const [sent] = await store.entries(id, [entryId(entry)]);
  return sent!.deliveries.map(({ recipient, receipt }) => `${recipient} ${receipt}`);
}

function terms(change: Partial<SendTerms> = {}): SendTerms {
  return { partial: false, unknown: [], expiresAt: null, ...change };
}

function inbound(from: Partial<InboundSender>, to: readonly string[], body?: NewMessage["body"]) {
  const message = sampleMessage(accountId(0), { key: "k", to, ...body ? { body } : {} });
  return {
    key: asIdempotencyKey(randomBytes(32)),
    storedAt: 1_000,
    from: { account: null, addresses: [], ...from },
    body: message.body,
    recipients: message.recipients,
  };
}

export const blockingPromises: Promises = {
  "keeps blocked senders by address, each once, until they are unblocked": async (store) => {
    const [alice, bob] = await three(store);
    await store.block(bob.id, ["alice", "z@world.test"], 5);
    await store.block(bob.id, ["b@world.test", "alice"], 9);
    assert.deepEqual(await store.blocked(bob.id), [
      { address: "alice", blockedAt: 5 },
      { address: "b@world.test", blockedAt: 9 },
      { address: "z@world.test", blockedAt: 5 },
    ]);
    assert.deepEqual(await store.blocked(alice.id), []);
    await assert.rejects(store.unblock(bob.id, ["alice", "nobody", "carol"]), {
      code: "no_such_recipient",
      message: /nobody, carol: it is not blocked/,
    });
    assert.equal((await store.blocked(bob.id)).length, 3, "all or none");
    await store.unblock(bob.id, ["alice", "z@world.test", "alice"]);
    const left = (await store.blocked(bob.id)).map(({ address }) => address);
    assert.deepEqual(left, ["b@world.test"]);
    await store.closeAccount(bob.id, 50);
    assert.deepEqual(await store.blocked(bob.id), []);
  },

  "blocks no more than so many": async (store) => {
    const [, bob] = await three(store);
    const most = Array.from({ length: limits.maxBlocked }, (_, n) => `${n}@world.test`);
    await store.block(bob.id, most, 5);
    await store.block(bob.id, most.slice(0, 2), 6);
    await assert.rejects(store.block(bob.id, ["1@world.test", "one@more.test"], 7), {
      code: "too_large",
    });
    assert.equal((await store.blocked(bob.id)).length, limits.maxBlocked);
  },

  "drops mail of a blocked account, and tells its sender nothing": async (store) => {
    const [alice, bob, carol] = await three(store);
    const heard: number[] = [];
    let { promise, resolve } = Promise.withResolvers<void>();
    for (const { id } of [alice, bob, carol]) {
      store.watch(id, () => {
        heard.push(id);
        resolve();
      });
    }
    await store.send(sampleMessage(alice.id, { key: "before", to: ["bob"] }));
    await promise;
    ({ promise, resolve } = Promise.withResolvers<void>());
    await store.block(bob.id, ["alice"], 5);
    heard.length = 0;
    const sent = await store.send(sampleMessage(alice.id, { key: "k", to: ["bob", "carol"] }));
    assert.deepEqual(sent, { id: 2, repeated: false });
    assert.deepEqual([await total(store, bob), await total(store, carol)], [1, 1]);
    await promise;
    assert.deepEqual(heard, [carol.id]);
    assert.deepEqual(await deliveries(store, alice, 2), ["bob null", "carol null"]);
    assert.deepEqual(await store.bounced(alice.id, [entryId(2)]), []);
    const again = await store.send(sampleMessage(alice.id, { key: "k", to: ["bob", "carol"] }));
    assert.deepEqual(again, { id: 2, repeated: true });
    assert.deepEqual(
      await readBody(store, bob.id, entryId(1)),
      bytes("body before"),
      "what was there stays",
    );
    await store.send(sampleMessage(bob.id, { key: "back", to: ["alice"] }));
    assert.equal(await total(store, alice), 1, "the other way it is not blocked");
    await store.unblock(bob.id, ["alice"]);
    await store.send(sampleMessage(alice.id, { key: "k2", to: ["bob"] }));
    assert.equal(await total(store, bob), 2);
  },

  "takes mail to a full mailbox that has blocked its sender": async (store) => {
    const [alice, bob, carol] = await three(store);
    await store.setQuota(asAccountName("bob"), { maxMessages: 1 });
    await store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    const more = () => store.send(sampleMessage(alice.id, { key: "k2", to: ["bob", "carol"] }));
    await assert.rejects(more(), { code: "over_quota" });
    await store.block(bob.id, ["alice", "x@world.test"], 5);
    await more();
    assert.deepEqual([await total(store, bob), await total(store, carol)], [1, 1]);
    const room = (address: string) =>
      store.hasRoom({
        name: asAccountName("bob"),
        from: { account: null, addresses: [address] },
        bytes: 1,
      });
    assert.deepEqual([await room("x@world.test"), await room("y@world.test")], [true, false]);
  },

  "returns nothing to a blocked sender, and erases what all wanted ones have read": async (
    store,
  ) => {
    const [alice, bob, carol] = await three(store);
    await store.block(bob.id, ["alice"], 5);
    const message = sampleMessage(alice.id, { key: "k", to: ["bob", "carol"] });
    await store.submit(message, terms({ burn: true, expiresAt: 5_000 }));
    await store.markRead(carol.id, [entryId(1)], 2_000);
    while (await store.expireDue(null, 6_000));
    await store.closeAccount(bob.id, 7_000);
    while (await store.expireDue(null, 8_000));
    assert.equal(await total(store, alice), 0);
    const body = await readBody(store, alice.id, entryId(1)).catch(({ code }) => code);
    assert.ok(!String(body).includes("body k"), "it burns with the last who has it");
  },

  "keeps the sender's own copy where everybody has blocked the sender": async (store) => {
    const [alice, bob, carol] = await three(store);
    for (const { id } of [bob, carol]) await store.block(id, ["alice"], 5);
    const message = sampleMessage(alice.id, { key: "k", to: ["bob", "carol"] });
    await store.submit(message, terms({ burn: true }));
    const whole = bytes("body k");
    assert.deepEqual(await readBody(store, alice.id, entryId(1)), whole);
    await store.deleteEntries(alice.id, [entryId(1)]);
    assert.deepEqual([await total(store, bob), await total(store, carol)], [0, 0]);
  },

  "looks at who is blocked when mail that waited is delivered": async (store) => {
    const [alice, bob, carol] = await three(store);
    const held = (key: string) =>
      store.submit(
        sampleMessage(alice.id, { key, to: ["bob", "carol"] }),
        terms({ deliverAt: 2_000 }),
      );
    await store.block(carol.id, ["alice"], 5);
    await held("k");
    await store.block(bob.id, ["alice"], 6);
    await store.unblock(carol.id, ["alice"]);
    while (await store.deliverDue(2_000));
    assert.deepEqual([await total(store, bob), await total(store, carol)], [0, 1]);
    assert.deepEqual(await deliveries(store, alice), ["bob null", "carol null"]);
    assert.deepEqual(await store.bounced(alice.id, [entryId(1)]), []);
    assert.equal(await total(store, alice), 0);
  },

  "drops mail from outside by any of its senders' addresses": async (store) => {
    const [, bob, carol] = await three(store);
    await store.block(bob.id, ["alice", "x@world.test"], 5);
    const dropped = [
      { addresses: ["x@world.test"] },
      { addresses: ["y@world.test", "x@world.test"] },
      { account: asAccountName("alice") },
    ];
    for (const from of dropped) await store.receive(inbound(from, ["bob", "carol"]));
    assert.deepEqual([await total(store, bob), await total(store, carol)], [0, 3]);
    for (const from of [{ addresses: ["y@world.test"] }, { account: asAccountName("carol") }]) {
      await store.receive(inbound(from, ["bob"]));
    }
    assert.equal(await total(store, bob), 2);
  },

  "stores nothing of mail from outside that nobody wants": async (store) => {
    const [, bob] = await three(store);
    await store.block(bob.id, ["x@world.test"], 5);
    const from = { addresses: ["x@world.test"] };
    await store.receive(inbound(from, ["bob"]));
    const upload = await store.beginUpload(systemAccountId);
    await store.appendUpload(upload, 0, patterned(limits.chunkBytes));
    await store.receive(inbound(from, ["bob"], { upload }));
    assert.equal(await total(store, bob), 0);
    await store.receive(inbound({}, ["bob"], { upload })); // nobody has taken it
    assert.equal(await total(store, bob), 1);
  },
};
