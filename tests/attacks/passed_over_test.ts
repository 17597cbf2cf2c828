/** A server that withholds a message which somebody passed over who waits for another: nobody was ever shown it. */
import assert from "node:assert/strict";
import { atHostileServer } from "../support/hostile_scene.ts";
import type { Lies } from "../support/hostile_server.ts";

const hiding = (hidden: number): Lies => ({
  list: (honest) => async (query) => {
    const page = await honest.list(query);
    return query.box === "sent"
      ? page
      : { ...page, entries: page.entries.filter(({ id }) => id !== hidden) };
  },
});

Deno.test("mail that came to who waits for somebody else's is missing once it is withheld", () =>
  atHostileServer(async ({ server, alice, bob, join }) => {
    const carol = await join("carol");
    await carol.send("bob", "before");
    await alice.send("bob", "one");
    await bob.outcomes();
    await alice.send("bob", "two");
    await carol.send("bob", "approved");
    const { messages, last } = await bob.with((mailbox) =>
      mailbox.waitForMail({ after: 2, unread: true, from: "carol" })
    );
    assert.deepEqual([messages.map(({ headers }) => headers?.subject), last], [["approved"], 4]);
    await alice.send("bob", "three");
    await server.lying(hiding(3), () => bob.outcomes());
    const missing = await bob.with((mailbox) => mailbox.missing());
    assert.deepEqual(missing, [{ from: "alice@mail.test", count: 1 }]);
    assert.equal((await bob.outcomes()).length, 5);
    assert.deepEqual(await bob.with((mailbox) => mailbox.missing()), []);
  }));
