/** A server that says again and again that it has restored a backup: so that numbers are passed over, and joined with real ones. */
import assert from "node:assert/strict";
import { entryId } from "../../src/model/ids.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import type { Lies } from "../support/hostile_server.ts";

Deno.test("what is withheld is missing, or the sender is told, where the server restores backups all the time", () =>
  atHostileServer(async ({ server, alice, bob }) => {
    const told: string[] = [];
    Object.assign(alice.options, { onWarning: (sentence: string) => told.push(sentence) });
    await alice.send("bob", "0");
    await bob.outcomes();
    let restoredAt = Date.now();
    const restoring: Lies = {
      keyring: (honest) => async (...asked) => ({ ...await honest.keyring(...asked), restoredAt }),
    };
    await server.lying(restoring, async () => {
      for (let count = 1; count <= 36; count++) {
        restoredAt += 5_000;
        await alice.send("bob", `${count}`);
      }
    });
    const hiding: Lies = {
      list: (honest) => async (query) => {
        const page = await honest.list(query);
        return { ...page, entries: page.entries.filter(({ id }) => id !== entryId(3)) };
      },
    };
    await server.lying(hiding, () => bob.outcomes());
    const missing = await bob.with((mailbox) => mailbox.missing());
    assert.ok(missing.length > 0 || told.length > 0);
  }));
