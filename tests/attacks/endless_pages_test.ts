/** A server whose lists have no end: whoever asks page by page stops at what the server counted first. */
import assert from "node:assert/strict";
import { entryId } from "../../src/model/ids.ts";
import { HostileServer, type Lies } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";

const manyPages = 20;

/** Always another full page of the same entry, under ids as they should be. */
function endless(asked: { pages: number }): Lies {
  const isEnough = () => ++asked.pages > manyPages; // without the cure, the test ends too
  return {
    list: (honest) => async (query) => {
      const page = await honest.list({ ...query, before: null });
      const [entry] = page.entries;
      const top = query.before ?? 1_000_000;
      const count = isEnough() ? 0 : query.limit;
      const entries = Array.from({ length: count }, (_, at) => ({
        ...entry!,
        id: entryId(top - 1 - at),
      }));
      return { ...page, entries };
    },
    newMail: (honest) => async (query) => {
      const [entry] = await honest.newMail({ ...query, after: 0 });
      const count = isEnough() ? 0 : query.limit;
      return Array.from({ length: count }, (_, at) => ({
        ...entry!,
        id: entryId(query.after + 1 + at),
      }));
    },
  };
}

const commands: readonly (readonly string[])[] = [
  ["export"],
  ["export", "--format", "json"],
  ["inbox", "-n", "10000"],
  ["thread", "1", "-n", "10000"],
  ["wait", "--unread", "--subject", "never", "--timeout", "20s"],
];

Deno.test("a server that always has another page is refused after what it counted", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-m", "hello"]);
  for (const args of commands) {
    await t.step(args.join(" "), async () => {
      const asked = { pages: 0 };
      const { status, err } = await server.lying(endless(asked), () => bob!.run(args));
      assert.equal(status, 76, err);
      assert.match(err, /does not match the request/);
      assert.ok(asked.pages <= 4, `${asked.pages} pages`);
    });
  }
});
