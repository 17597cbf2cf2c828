/** Mail that waits for its time, as clients see it by a server whose clock the test sets. */
import type { SubmissionTerms } from "../../src/service/submitted_message.ts";
import { at, type Moment, span } from "../../src/model/delivery_time.ts";
import { asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import { asAccountFingerprint } from "../../src/model/digests.ts";
import { limits } from "../../src/model/limits.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { enter, messageTo, wholeInbox } from "../support/account.ts";
import { CountedStore } from "../support/counted_store.ts";
import { until } from "../support/person.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

const plainTerms: SubmissionTerms = {
  unknown: [],
  partial: false,
  expires: null,
  deliver: null,
  burn: false,
};

async function inboxOf(client: RawClient): Promise<number[]> {
  const { entries } = await client.call("list", wholeInbox);
  return entries.map(({ id }) => id);
}

/** Two clients, and a clock at ten minutes past. */
async function scene() {
  const clock = { now: 600_000 };
  const store = new CountedStore("mail.test");
  const server = await startPipeServer({ store, now: () => clock.now });
  const [ada, adaAccount] = await enter(server, "ada");
  const [bob, bobAccount] = await enter(server, "bob");
  const hold = (terms: Partial<SubmissionTerms>) => {
    const message = messageTo([bobAccount], utf8("body"));
    return ada.call("submit", { ...message, ...plainTerms, ...terms });
  };
  return { clock, store, server, ada, adaAccount, bob, bobAccount, hold };
}

Deno.test("a message is held by the server's clock, and there as soon as its reader looks", async () => {
  const { clock, server, bob, hold } = await scene();
  await using _ = server;
  const { heldUntil } = await hold({ deliver: span(20_000) });
  assert.equal(heldUntil, 620_000);
  clock.now = 619_999;
  assert.deepEqual(await inboxOf(bob), []);
  assert.equal(await outcome(bob.call("look", { ids: [entryId(1)] })), "no_such_message");
  clock.now = 620_000;
  assert.deepEqual(await inboxOf(bob), [1]);
  const [entry] = (await bob.call("look", { ids: [entryId(1)] })).entries;
  assert.equal(entry!.storedAt, 620_000);
});

Deno.test("a time that is over when the message comes is now", async () => {
  const { server, bob, hold } = await scene();
  await using _ = server;
  await hold({ deliver: at(1) });
  assert.deepEqual(await inboxOf(bob), [1]);
});

Deno.test("what expires after a span does so by the server's clock, from its delivery on", async () => {
  const cases = [
    { deliver: null, goesAt: 600_000 + 1_000 },
    { deliver: span(20_000), goesAt: 600_000 + 20_000 + 1_000 },
    { deliver: at(700_000), goesAt: 700_000 + 1_000 },
    { deliver: at(1), goesAt: 600_000 + 1_000 }, // late, and whole all the same
  ];
  for (const { deliver, goesAt } of cases) {
    const { clock, server, bob, hold } = await scene();
    await using _ = server;
    await hold({ deliver, expires: span(1_000) });
    clock.now = goesAt - 1;
    assert.deepEqual(await inboxOf(bob), [1]);
    clock.now = goesAt;
    assert.deepEqual(await inboxOf(bob), []);
  }
});

Deno.test("a list since a span ago is counted back from the server's time", async () => {
  const { clock, server, bob, hold } = await scene();
  await using _ = server;
  await hold({});
  const idsSince = async (since: Moment) => {
    const { entries } = await bob.call("list", { ...wholeInbox, since });
    return entries.map(({ id }) => id);
  };
  clock.now = 600_000 + 5_000;
  assert.deepEqual(await idsSince(span(5_000)), [1]);
  assert.deepEqual(await idsSince(span(4_999)), []);
  assert.deepEqual(await idsSince(span(Number.MAX_SAFE_INTEGER)), [1]);
  assert.deepEqual(await idsSince(at(600_000)), [1]);
  assert.deepEqual(await idsSince(at(600_001)), []);
});

Deno.test("a clock that is set back delivers nothing twice, and nothing too early", async () => {
  const { clock, server, bob, hold } = await scene();
  await using _ = server;
  await hold({ deliver: at(700_000) });
  await hold({ deliver: at(800_000) });
  clock.now = 700_000;
  assert.deepEqual(await inboxOf(bob), [1]);
  clock.now = 1;
  assert.deepEqual(await inboxOf(bob), [1]);
  clock.now = 799_999;
  assert.deepEqual(await inboxOf(bob), [1]);
  clock.now = 900_000;
  assert.deepEqual(await inboxOf(bob), [2, 1]);
});

Deno.test("whoever waits is woken when it is delivered, once", async () => {
  const { clock, store, server, bob, hold } = await scene();
  await using _ = server;
  await hold({ deliver: span(1_000) });
  await bob.sendRequest("waitForMail", { after: 0, unread: false });
  await until(() => store.waiting === 1, "the wait");
  clock.now += 1_000;
  await server.context.dueWork.run();
  const { entries } = await bob.reply("waitForMail");
  assert.deepEqual(entries.map(({ id }) => id), [1]);
  await server.context.dueWork.run();
  assert.deepEqual(await inboxOf(bob), [1]);
});

Deno.test("a message that is due can be cancelled until it is delivered, and then not", async () => {
  const { clock, server, ada, bob, hold } = await scene();
  await using _ = server;
  await hold({ deliver: span(1_000) });
  await hold({ deliver: span(1_000) });
  clock.now += 5_000;
  await ada.call("cancel", { ids: [entryId(1)], keyring: null });
  assert.deepEqual(await inboxOf(bob), [1]);
  assert.equal(
    await outcome(ada.call("cancel", { ids: [entryId(2)], keyring: null })),
    "already_sent",
  );
  assert.equal(await outcome(ada.call("cancel", { ids: [entryId(1)], keyring: null })), "ok");
});

Deno.test("a list does not fail where there is no room to deliver what is held", async () => {
  class FullStore extends MemoryStore {
    override deliverDue(): Promise<boolean> {
      return Promise.reject(new Error("no room"));
    }
  }
  await using server = await startPipeServer({ store: new FullStore("mail.test") });
  const [ada] = await enter(server, "ada");
  assert.deepEqual(await inboxOf(ada), []);
});

Deno.test("keys that changed since the message was sealed are no reason against it", async () => {
  const { clock, server, bobAccount, hold } = await scene();
  await using _ = server;
  await hold({ deliver: span(limits.maxHoldMs) });
  const account = (await server.store.findAccount(asAccountName("bob")))!;
  await server.store.replaceKeys({
    accountId: account.id,
    keys: { ...account.keys, fingerprint: asAccountFingerprint(new Uint8Array(32)) },
    sealedKeys: account.sealedKeys.slice(),
    devices: [],
    succession: {
      succeededAt: 1,
      signature: new Uint8Array(64),
      acceptance: new Uint8Array(64),
    },
  });
  clock.now += limits.maxHoldMs;
  const bob = await RawClient.open(server.connect()); // the session that there was is over
  await bob.logIn(bobAccount);
  assert.deepEqual(await inboxOf(bob), [1]);
});
