/** A server that slips what it withholds into an answer that nobody is shown: so that it would count as seen. */
import assert from "node:assert/strict";
import { entryId } from "../../src/model/ids.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import type { Lies } from "../support/hostile_server.ts";

for (const way of ["in its place", "behind it"] as const) {
  Deno.test(`a message that comes unasked when another is deleted, ${way}, is not seen`, () =>
    atHostileServer(async ({ server, alice, bob }) => {
      const withheld = entryId(2);
      const hiding: Lies = {
        list: (honest) => async (query) => {
          const page = await honest.list(query);
          return { ...page, entries: page.entries.filter(({ id }) => id !== withheld) };
        },
      };
      await alice.send("bob", "one");
      await bob.outcomes();
      await alice.send("bob", "two");
      const slipped: Lies = {
        ...hiding,
        entries: (honest) => async (account, ids) => {
          const [other] = await honest.entries(account, [withheld]);
          return way === "in its place"
            ? [other!]
            : [...await honest.entries(account, ids), other!];
        },
      };
      await server.lying(
        slipped,
        () => bob.with((mailbox) => mailbox.delete([entryId(1)])).catch(() => {}),
      );
      await alice.send("bob", "three");
      await server.lying(hiding, () => bob.outcomes());
      assert.deepEqual(await bob.with((mailbox) => mailbox.missing()), [
        { from: "alice@mail.test", count: 1 },
      ]);
    }));
}
