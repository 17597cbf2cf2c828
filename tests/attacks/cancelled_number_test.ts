/** A server that shows another message in the place of the one that is cancelled: so that the other's number is given up. */
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import { span } from "../../src/model/delivery_time.ts";
import { entryId } from "../../src/model/ids.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import type { Lies } from "../support/hostile_server.ts";

Deno.test("cancelling one message gives up no number of another", () =>
  atHostileServer(async ({ server, alice, bob }) => {
    await alice.send("bob", "one");
    await bob.outcomes();
    await alice.send("bob", "two");
    const draft = { to: ["bob"], cc: [], bcc: [], subject: "late", body: utf8("late") };
    const { id } = await alice.with((mailbox) =>
      mailbox.send({ ...draft, attachments: [], deliver: span(3_600_000) })
    );
    const [two] = await alice.list("sent").then((sent) =>
      sent.filter(({ headers }) => headers?.subject === "two")
    );
    const lies: Lies = {
      entries: (honest) => async (account, ids) => {
        const [other] = await honest.entries(account, [two!.id]);
        return ids.map(() => ({ ...other!, id, summary: null }));
      },
    };
    await server.lying(
      lies,
      () => alice.with((mailbox) => mailbox.cancel([entryId(id)])).catch(() => {}),
    );
    await alice.send("bob", "four");
    const hiding: Lies = {
      list: (honest) => async (query) => {
        const page = await honest.list(query);
        return { ...page, entries: page.entries.filter(({ id }) => id !== entryId(2)) };
      },
    };
    await server.lying(hiding, async () => {
      assert.deepEqual(await bob.outcomes(), ["one signed", "four signed"]);
    });
    assert.deepEqual(await bob.with((mailbox) => mailbox.missing()), [
      { from: "alice@mail.test", count: 1 },
    ]);
  }));
