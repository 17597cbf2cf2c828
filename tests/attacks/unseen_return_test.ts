/** A server that says to whoever waits for other mail that a message came back: its sender never sees the notice. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { systemName } from "../../src/model/bounce.ts";
import { entryId } from "../../src/model/ids.ts";
import type { Bounce } from "../../src/store/bounce_store.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import type { Lies } from "../support/hostile_server.ts";

Deno.test("mail that is said to be returned where nobody sees it is missing all the same", () =>
  atHostileServer(async ({ server, alice, bob }) => {
    await alice.send("bob", "one");
    await bob.outcomes();
    await alice.send("bob", "two");
    const [original, id] = [entryId(2), entryId(9)];
    const [own] = await server.store.entries(await server.accountId("alice"), [original]);
    const place = { id, box: "inbox", from: systemName, summary: null, deliveries: [] } as const;
    const notice: Entry = { ...own!, ...place };
    const recipient = asAccountName("bob");
    const returned: Bounce = { id, recipient, reason: "mailbox_full", at: Date.now(), original };
    const lies: Lies = {
      newMail: () => () => Promise.resolve([notice]),
      bounced: () => (_, ids) => Promise.resolve(ids.includes(id) ? [returned] : []),
    };
    const page = await server.lying(
      lies,
      () => alice.with((mailbox) => mailbox.waitForMail({ after: 2, unread: false })),
    );
    assert.deepEqual(page.messages.map(({ outcome }) => outcome), ["notice"]);
    await alice.send("bob", "three");
    const hiding: Lies = {
      list: (honest) => async (query) => {
        const page = await honest.list(query);
        return { ...page, entries: page.entries.filter(({ id }) => id !== original) };
      },
    };
    await server.lying(hiding, () => bob.outcomes());
    assert.deepEqual(await bob.with((mailbox) => mailbox.missing()), [
      { from: "alice@mail.test", count: 1 },
    ]);
  }));
