/** A server that delivers mail before its sender lets it, or after it said that it was cancelled: what a reader can tell. */
import assert from "node:assert/strict";
import { isEarly } from "../../src/client/reading/delivery.ts";
import { span } from "../../src/model/delivery_time.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import { PersonHere } from "../support/account_here.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import { changedEntries, type Lies } from "../support/hostile_server.ts";

const hour = 3_600_000;

/** Sends mail to bob that is to wait an hour. Returns the id of the own copy and the time. */
async function sendLater(alice: PersonHere): Promise<{ id: EntryId; notBefore: number }> {
  const draft = { to: ["bob"], cc: [], bcc: [], subject: "later", attachments: [] };
  const { id, heldUntil } = await alice.with((mailbox) =>
    mailbox.send({ ...draft, body: utf8("x"), deliver: span(hour) })
  );
  return { id, notBefore: heldUntil! };
}

Deno.test("mail that is shown before its time is early, whatever the server says of when it came", () =>
  atHostileServer(async ({ server, alice, bob }) => {
    const { notBefore } = await sendLater(alice);
    await server.store.deliverDue(notBefore + 1);
    const lies: readonly Lies[] = [
      {},
      changedEntries((entry) => ({ ...entry, storedAt: notBefore + 5 })),
      changedEntries((entry) => ({ ...entry, storedAt: 0 })),
    ];
    for (const lie of lies) {
      await server.lying(lie, async () => {
        const [listed] = await bob.list();
        const opened = await bob.with((mailbox) => mailbox.open(entryId(1)));
        for (const message of [listed!, opened]) {
          assert.ok(Math.abs(message.notBefore! - notBefore) < 60_000);
          assert.equal(isEarly(message, Date.now()), true);
        }
      });
    }
  }));

Deno.test("mail that was cancelled and comes nevertheless shows that it waited", () =>
  atHostileServer(async ({ server, alice, bob }) => {
    const { id, notBefore } = await sendLater(alice);
    const deaf: Lies = { cancel: () => () => Promise.resolve() };
    await server.lying(deaf, () => alice.with((mailbox) => mailbox.cancel([id])));
    await server.store.deliverDue(notBefore + 1);
    const [message] = await bob.list();
    assert.equal(message!.outcome, "unknown");
    assert.notEqual(message!.notBefore, null);
    assert.equal(isEarly(message!, notBefore + 2), false);
  }));

Deno.test("mail that did not wait signs no time", () =>
  atHostileServer(async ({ alice, bob }) => {
    await alice.send("bob", "now");
    assert.equal((await bob.list())[0]!.notBefore, null);
  }));
