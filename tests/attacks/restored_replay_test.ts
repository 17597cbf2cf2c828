/** A server that says it has restored a backup, and shows old mail under ids that other mail had. */
import assert from "node:assert/strict";
import { entryId } from "../../src/model/ids.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import type { Lies } from "../support/hostile_server.ts";

Deno.test("who waits gets no message twice, under another id either, where the server says that it restored a backup", () =>
  atHostileServer(async ({ server, alice, bob }) => {
    await alice.send("bob", "deploy");
    await alice.send("bob", "later");
    await bob.outcomes();
    const [first] = await server.store.entries(await server.accountId("bob"), [entryId(1)]);
    await bob.with((mailbox) => mailbox.delete([entryId(1), entryId(2)]));
    assert.deepEqual(await bob.outcomes(), []);
    const again: Entry = { ...first!, id: entryId(2), summary: null, readAt: null };
    const lies: Lies = {
      keyring: (honest) => async (...asked) => ({
        ...await honest.keyring(...asked),
        restoredAt: Date.now(),
      }),
      list: (honest) => async (query) => {
        const page = await honest.list(query);
        return query.box === "inbox" ? { ...page, entries: [again], total: 1 } : page;
      },
      newMail: () => () => Promise.resolve([again]),
      entries: () => (_, ids) => Promise.resolve(ids.map((id) => id === 2 ? again : null)),
    };
    await server.lying(lies, async () => {
      const { messages } = await bob.with((mailbox) =>
        mailbox.waitForMail({ after: 1, unread: true })
      );
      assert.deepEqual(messages.map(({ outcome }) => outcome), ["invalid"], "who waits");
      assert.deepEqual(await bob.outcomes(), ["deploy signed"], "it may be what a backup had");
    });
  }));
