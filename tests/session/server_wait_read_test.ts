/** Waiting until what was sent is read: when it is answered, and who may ask. */
import { span } from "../../src/model/delivery_time.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import { messageTo, registerOn, type TestAccount } from "../support/account.ts";
import { CountedStore } from "../support/counted_store.ts";
import { until } from "../support/person.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

interface Scene {
  readonly store: CountedStore;
  readonly ada: RawClient;
  readonly bob: RawClient;
  readonly eve: RawClient;
  readonly eveAccount: TestAccount;
  /** Another session of Ada's. */
  readonly again: () => Promise<RawClient>;
}

/** Ada has sent two messages: the first to Bob and Eve, the second to Bob. */
async function play(act: (scene: Scene) => Promise<void>, waitTimeoutMs = 600_000): Promise<void> {
  const store = new CountedStore("mail.test");
  await using server = await startPipeServer({ store, limits: { waitTimeoutMs } });
  const enter = async (name: string): Promise<[RawClient, TestAccount]> => {
    const client = await RawClient.open(server.connect());
    return [client, await registerOn(client, name)];
  };
  const [[ada, adaAccount], [bob, bobAccount], [eve, eveAccount]] = [
    await enter("ada"),
    await enter("bob"),
    await enter("eve"),
  ];
  await ada.call("send", messageTo([bobAccount, eveAccount], utf8("1")));
  await ada.call("send", messageTo([bobAccount], utf8("2")));
  const again = async () => {
    const client = await RawClient.open(server.connect());
    await client.logIn(adaAccount);
    return client;
  };
  await act({ store, ada, bob, eve, eveAccount, again });
}

const receipt = utf8("receipt");
const read = (id: EntryId, given: Uint8Array | null = receipt) => ({
  read: [{ id, receipt: given }],
});

Deno.test("without anything known it is answered at once, with the envelope", () =>
  play(async ({ ada }) => {
    const { entry, bounced } = await ada.call("waitForRead", { id: entryId(1), known: null });
    assert.deepEqual([entry.id, entry.box, bounced], [1, "sent", []]);
    assert.deepEqual(entry.envelope, utf8("envelope"));
    assert.deepEqual(entry.deliveries, [
      { recipient: "bob", receipt: null },
      { recipient: "eve", receipt: null },
    ]);
  }));

Deno.test("it is answered by the receipt that comes, and by no reading without one", () =>
  play(async ({ store, ada, bob, eve }) => {
    await ada.sendRequest("waitForRead", { id: entryId(1), known: 1 });
    await until(() => store.waiting === 1, "the wait");
    await eve.call("markRead", read(entryId(1), null));
    await bob.call("markRead", read(entryId(2))); // of the other message: it looks, and waits on
    assert.equal(store.waiting, 1);
    await bob.call("markRead", read(entryId(1)));
    const { entry } = await ada.reply("waitForRead");
    assert.deepEqual(entry.deliveries.map((one) => one.receipt), [receipt, null]);
    assert.equal(store.waiting, 0);
  }));

Deno.test("it is answered at once where more is settled than is known", () =>
  play(async ({ ada, bob, eve }) => {
    await bob.call("markRead", read(entryId(1)));
    await eve.call("markRead", read(entryId(1)));
    const { entry } = await ada.call("waitForRead", { id: entryId(1), known: 2 });
    assert.deepEqual(entry.deliveries.map((one) => one.receipt), [receipt, receipt]);
  }));

Deno.test("it is answered by a copy that comes back", () =>
  play(async ({ store, ada, eve, eveAccount }) => {
    await ada.sendRequest("waitForRead", { id: entryId(1), known: 1 });
    await until(() => store.waiting === 1, "the wait");
    await eve.call("closeAccount", await eve.proofOf(eveAccount));
    const { bounced } = await ada.reply("waitForRead");
    assert.deepEqual(bounced.map(({ recipient, reason }) => [recipient, reason]), [
      ["eve", "account_deleted"],
    ]);
  }));

const terms = {
  unknown: [],
  partial: false,
  expires: null,
  deliver: span(60_000),
  burn: false,
};

const ends: readonly (readonly [string, (scene: Scene) => Promise<unknown>, string | null])[] = [
  ["delivered", ({ store }) => store.deliverDue(Date.now() + 120_000), null],
  ["cancelled", ({ ada }) => ada.call("cancel", { ids: [entryId(3)], keyring: null }), "cancelled"],
];

for (const [end, act, told] of ends) {
  Deno.test(`it is answered where a message that waits is ${end}`, () =>
    play(async (scene) => {
      const { store, eve, eveAccount } = scene;
      const other = await scene.again();
      await other.call("submit", { ...messageTo([eveAccount], utf8("3")), ...terms });
      const { entry } = await other.call("waitForRead", { id: entryId(3), known: null });
      assert.notEqual(entry.heldUntil, null);
      await other.sendRequest("waitForRead", { id: entryId(3), known: 0 });
      await until(() => store.waiting === 1, "the wait");
      await act(scene);
      const { entry: over } = await other.reply("waitForRead");
      assert.equal(over.heldUntil, null);
      assert.equal(over.cancelledAt === null ? null : "cancelled", told);
      await other.sendRequest("waitForRead", { id: entryId(3), known: 1 });
      await until(() => store.waiting === 1, "the next wait");
      if (told !== null) return;
      await eve.call("markRead", read(entryId(2)));
      assert.deepEqual((await other.reply("waitForRead")).entry.deliveries, [
        { recipient: "eve", receipt },
      ]);
    }));
}

Deno.test("it is answered as it is when the time is up, or when the client says more", async () => {
  const nobody = [null, null];
  await play(async ({ ada }) => {
    const { entry } = await ada.call("waitForRead", { id: entryId(1), known: 1 });
    assert.deepEqual(entry.deliveries.map((one) => one.receipt), nobody);
  }, 20);
  await play(async ({ ada }) => {
    await ada.sendRequest("waitForRead", { id: entryId(1), known: 1 });
    await ada.sendRequest("ping", {});
    const { entry } = await ada.reply("waitForRead");
    assert.deepEqual(entry.deliveries.map((one) => one.receipt), nobody);
    assert.equal((await ada.reply("ping")).software, "mailctl test");
  });
});

Deno.test("only what the account itself has sent can be waited for", () =>
  play(async ({ ada, bob }) => {
    for (const [client, id] of [[ada, 3], [bob, 1], [bob, 9]] as const) {
      const asked = client.call("waitForRead", { id: entryId(id), known: null });
      assert.equal(await outcome(asked), "no_such_message");
    }
  }));

Deno.test("a receipt over its bound ends the session", () =>
  play(async ({ bob }) => {
    const payload = new Uint8Array(2 + 4 + 8 + 1 + 4 + 129);
    const view = new DataView(payload.buffer);
    view.setUint16(0, 13);
    view.setUint32(2, 1);
    payload[14] = 1;
    view.setUint32(15, 129);
    await bob.send("request", payload);
    assert.notEqual(await outcome(bob.call("ping", {})), "ok");
  }));
