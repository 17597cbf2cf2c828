/** What a store promises of invites, quotas, and of accounts as an administrator sees them. */

import { type AccountName, asAccountName } from "../../src/model/address.ts";
import { asIdempotencyKey, asInviteHash } from "../../src/model/digests.ts";
import { type AccountId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import type { Quota } from "../../src/store/administration_store.ts";
import type { NewInvite } from "../../src/store/invite_store.ts";
import type { NewMessage } from "../../src/store/send_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  patterned,
  sampleAccount,
  sampleMessage,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

const now = 1_000_000;
const tokenHash = asInviteHash(patterned(32, 7));
const use = { tokenHash, now };

function invite(change: Partial<NewInvite> = {}): NewInvite {
  return {
    tokenHash,
    uses: 1,
    expiresAt: now + 1000,
    maxBytes: null,
    provisioning: false,
    ...change,
  };
}

/** Bytes that a sample message counts for in one mailbox. */
function sampleBytes(message: NewMessage, reader: "sender" | string): number {
  const copy = reader === "sender"
    ? message.own
    : message.recipients.find(({ name }) => name === reader)!.copy;
  return copy.envelope.length + (message.body as Uint8Array).length;
}

async function namesOf(
  store: Store,
  page: { prefix?: string; after?: AccountName; limit?: number },
): Promise<string[]> {
  const { prefix = "", after = null, limit = 100 } = page;
  return (await store.describeAccounts({ prefix, after, limit })).map(({ name }) => name);
}

/** Sends from alice under a quota for everybody; returns what became of it. */
async function sendWith(
  store: Store,
  senderId: AccountId,
  quota: Quota | undefined,
  sample: Parameters<typeof sampleMessage>[1],
): Promise<string> {
  const sent = store.send({ ...sampleMessage(senderId, sample), quota });
  return await sent.then(() => "sent", (error) => `${error.code} ${error.message}`);
}

export const peoplePromises: Promises = {
  "makes as many accounts with an invite as it has uses": async (store) => {
    await store.addInvite(invite({ uses: 2, maxBytes: 77 }), now);
    assert.deepEqual(await store.findInvite(use), { provisioning: false });
    await store.createInvitedAccount(sampleAccount("alice"), use);
    await store.createInvitedAccount(sampleAccount("bob"), use);
    const third = store.createInvitedAccount(sampleAccount("carol"), use);
    await assert.rejects(third, { code: "denied", hint: /another/ });
    assert.equal(await store.findAccount(asAccountName("carol")), null);
    assert.equal(await store.findInvite(use), null);
    assert.equal((await store.describeAccount(asAccountName("bob")))!.maxBytes, 77);
  },

  "gives an invite to one of many that want its last use": async (store) => {
    await store.addInvite(invite(), now);
    const wishes = Array.from(
      { length: 20 },
      (_, n) => store.createInvitedAccount(sampleAccount(`user${n}`), use),
    );
    const granted = (await Promise.allSettled(wishes)).filter((one) => one.status === "fulfilled");
    assert.equal(granted.length, 1);
    assert.equal((await store.totals(now)).accounts, 1);
  },

  "keeps the use of an invite whose name was taken": async (store) => {
    await createAccounts(store, ["alice"]);
    await store.addInvite(invite(), now);
    const taken = store.createInvitedAccount(sampleAccount("alice"), use);
    await assert.rejects(taken, { code: "name_taken" });
    await store.createInvitedAccount(sampleAccount("bob"), use);
    assert.equal((await store.describeAccount(asAccountName("alice")))!.maxBytes, null);
  },

  "says the same of an invite that expired and of one that never was": async (store) => {
    await store.addInvite(invite({ provisioning: true }), now);
    const other = { tokenHash: asInviteHash(patterned(32, 8)), now };
    const late = { tokenHash, now: now + 1000 };
    assert.deepEqual(await store.findInvite({ tokenHash, now: now + 999 }), { provisioning: true });
    for (const wrong of [other, late]) {
      assert.equal(await store.findInvite(wrong), null);
      const refused = store.createInvitedAccount(sampleAccount("alice"), wrong);
      await assert.rejects(refused, { code: "denied", message: /wrong, used up or expired/ });
    }
    assert.deepEqual(
      [(await store.totals(now)).invites, (await store.totals(now + 1000)).invites],
      [
        1,
        0,
      ],
    );
  },

  "lists the invites that can be used, by pages, with what is left of them": async (store) => {
    const hashes = [3, 1, 2].map((seed) => asInviteHash(patterned(32, seed)));
    await store.addInvite(
      invite({ tokenHash: asInviteHash(hashes[0]!), uses: 2, maxBytes: 7 }),
      now,
    );
    await store.addInvite(
      invite({ tokenHash: asInviteHash(hashes[1]!), provisioning: true }),
      now + 1,
    );
    await store.addInvite(
      invite({ tokenHash: asInviteHash(hashes[2]!), expiresAt: now + 5 }),
      now + 2,
    );
    await store.createInvitedAccount(sampleAccount("alice"), {
      tokenHash: asInviteHash(hashes[0]!),
      now,
    });
    const last = {
      tokenHash: hashes[0]!,
      uses: 1,
      expiresAt: now + 1000,
      maxBytes: 7,
      provisioning: false,
      createdAt: now,
    };
    const page = { now, after: null, limit: 9 };
    const all = await store.invites(page);
    assert.deepEqual(all.map(({ createdAt }) => createdAt! - now), [1, 2, 0]);
    assert.deepEqual(all[2], last);
    assert.deepEqual(
      await store.invites({ ...page, now: now + 5, after: asInviteHash(hashes[1]!) }),
      [last],
    );
    assert.deepEqual((await store.invites({ ...page, limit: 1 })).length, 1);
    assert.deepEqual(await store.invites({ ...page, after: asInviteHash(hashes[0]!) }), []);
  },

  "revokes invites by how their hashes begin, all or none": async (store) => {
    const hashes = [1, 2, 3].map((seed) => asInviteHash(patterned(32, seed)));
    for (const tokenHash of hashes) {
      await store.addInvite(invite({ tokenHash, uses: 5 }), now);
    }
    const id = (hash: Uint8Array) => hash.slice(0, 6);
    const ids = [id(hashes[0]!), id(patterned(32, 9))];
    const refused = store.revokeInvites(ids);
    await assert.rejects(refused, {
      code: "no_such_message",
      message: new RegExp(ids[1]!.toHex()),
    });
    assert.equal((await store.totals(now)).invites, 3);
    await store.revokeInvites([id(hashes[0]!), hashes[1]!]);
    const left = await store.invites({ now, after: null, limit: 9 });
    assert.deepEqual(left.map(({ tokenHash }) => tokenHash), [hashes[2]]);
    const query = { tokenHash: hashes[0]!, now };
    await assert.rejects(store.createInvitedAccount(sampleAccount("alice"), query), {
      code: "denied",
    });
  },

  "disables an account once, and enables it again": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    assert.equal((await store.disableAccount(asAccountName("alice"), 50))!.disabledAt, 50);
    assert.equal((await store.disableAccount(asAccountName("alice"), 60))!.disabledAt, 50);
    assert.equal((await store.findAccount(asAccountName("alice")))!.disabledAt, 50);
    assert.equal((await store.totals(now)).disabled, 1);
    assert.deepEqual(await store.disableAccount(asAccountName("alice"), null), {
      ...alice!,
      epoch: 2,
    });
    assert.equal(await store.disableAccount(asAccountName("nobody"), 50), null);
  },

  "counts what is in a mailbox, and forgets what is deleted": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    const message = sampleMessage(alice!.id, {
      key: "k",
      to: ["bob", "alice"],
      body: patterned(300_000),
    });
    const [own, toBob, toAlice] = ["sender", "bob", "alice"].map((who) =>
      sampleBytes(message, who)
    );
    const upload = await store.beginUpload(alice!.id);
    await store.appendUpload(upload, 0, patterned(5_000));
    await store.send(message);
    await store.send(sampleMessage(alice!.id, { key: "up", to: ["bob"], body: { upload } }));
    const { id: _, ...described } = (await store.describeAccount(asAccountName("bob")))!;
    const upBytes = "envelope of up for bob".length + 5_000;
    assert.deepEqual(described, {
      name: "bob",
      fingerprint: fingerprintOf("bob"),
      createdAt: sampleAccount("bob").createdAt,
      disabledAt: null,
      messages: 2,
      unread: 2,
      bytes: toBob! + upBytes,
      maxBytes: null,
      maxMessages: null,
    });
    await store.deleteEntries(alice!.id, [entryId(3)]);
    assert.equal((await store.describeAccount(asAccountName("alice")))!.bytes, own! + toAlice!);
    await store.deleteEntries(alice!.id, [entryId(2), entryId(1)]);
    await store.deleteEntries(bob!.id, [entryId(1), entryId(2)]);
    const { messages, bytes, unread, accounts } = await store.totals(now);
    assert.deepEqual([messages, bytes, unread, accounts], [0, 0, 0, 2]);
  },

  "refuses a send where a mailbox is full, for everybody": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob", "carol"]);
    const body = patterned(limits.minEntryBytes);
    const sample = (key: string) => ({ key, to: ["bob", "carol"], body });
    await store.setQuota(asAccountName("carol"), { maxMessages: 1 });
    assert.equal(await sendWith(store, alice!.id, undefined, sample("k1")), "sent");
    const full = await sendWith(store, alice!.id, undefined, sample("k2"));
    assert.match(full, /^over_quota Cannot send to carol: /);
    assert.deepEqual(await namesWith(store, 1), ["alice", "bob", "carol"]);
    assert.equal(await store.findSend(alice!.id, asIdempotencyKey(bytes("k2"))), null);
    assert.equal(await sendWith(store, alice!.id, undefined, sample("k1")), "sent", "a repeat");
    await store.deleteEntries((await store.describeAccount(asAccountName("carol")))!.id, [
      entryId(1),
    ]);
    assert.equal(await sendWith(store, alice!.id, undefined, sample("k2")), "sent");
    assert.equal((await store.describeAccount(asAccountName("bob")))!.id, bob!.id);
  },

  "holds the sender to the quota too, and a mailbox's own before everybody's": async (store) => {
    const [alice] = await createAccounts(store, ["alice", "bob", "carol"]);
    const everybody = { maxBytes: 0, maxMessages: 2 };
    const send = (key: string, to: string[], quota: Quota = everybody) =>
      sendWith(store, alice!.id, quota, { key, to });
    assert.equal(await send("1", ["bob"]), "sent");
    assert.match(await send("2", ["alice"]), /^over_quota Cannot send to alice/);
    assert.equal(await send("3", ["carol"]), "sent");
    assert.match(await send("4", ["bob"]), /^over_quota .*your own mailbox/);
    await store.setQuota(asAccountName("alice"), { maxMessages: 3 });
    assert.match(await send("5", ["bob"]), /^over_quota Cannot send to bob/);
    await store.setQuota(asAccountName("bob"), { maxMessages: 0 });
    assert.equal(await send("6", ["bob"]), "sent");
    assert.match(await send("7", ["bob"], { maxBytes: 1, maxMessages: 0 }), /^over_quota/);
    await store.setQuota(asAccountName("alice"), { maxMessages: null });
    const { maxMessages, messages } = (await store.describeAccount(asAccountName("alice")))!;
    assert.deepEqual([maxMessages, messages], [null, 3]);
  },

  "sets one bound and leaves the other, for nobody but an account": async (store) => {
    await createAccounts(store, ["alice"]);
    assert.equal(await store.setQuota(asAccountName("alice"), { maxBytes: 5 }), true);
    assert.equal(await store.setQuota(asAccountName("alice"), { maxMessages: 6 }), true);
    assert.equal(await store.setQuota(asAccountName("alice"), {}), true);
    const { maxBytes, maxMessages } = (await store.describeAccount(asAccountName("alice")))!;
    assert.deepEqual([maxBytes, maxMessages], [5, 6]);
    assert.equal(await store.setQuota(asAccountName("nobody"), { maxBytes: 5 }), false);
    assert.equal(await store.setQuota(asAccountName("nobody"), {}), false);
    assert.equal(await store.describeAccount(asAccountName("nobody")), null);
  },

  "describes accounts by name, by pages, by prefix": async (store) => {
    await createAccounts(store, ["bob", "anna", "al", "alice", "\u{20000}", "zoë", "\uac00"]);
    const all = ["al", "alice", "anna", "bob", "zoë", "\uac00", "\u{20000}"];
    assert.deepEqual(await namesOf(store, {}), all);
    assert.deepEqual(await namesOf(store, { limit: 2 }), ["al", "alice"]);
    assert.deepEqual(await namesOf(store, { limit: 2, after: asAccountName("alice") }), [
      "anna",
      "bob",
    ]);
    assert.deepEqual(await namesOf(store, { after: asAccountName("alb") }), all.slice(1));
    assert.deepEqual(await namesOf(store, { prefix: "al" }), ["al", "alice"]);
    assert.deepEqual(await namesOf(store, { prefix: "al", after: asAccountName("al") }), ["alice"]);
    assert.deepEqual(await namesOf(store, { prefix: "al", after: asAccountName("b") }), []);
    assert.deepEqual(await namesOf(store, { prefix: "x" }), []);
  },
};

/** The accounts that hold so many messages. */
async function namesWith(store: Store, messages: number): Promise<string[]> {
  const all = await store.describeAccounts({ prefix: "", after: null, limit: 100 });
  return all.filter((one) => one.messages === messages).map(({ name }) => name);
}
