/** What a client said, said again: in the same session, and in another one. */
import assert from "node:assert/strict";
import { concatBytes, randomBytes } from "../../src/model/bytes.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

Deno.test("a recorded session opens nothing at the same server", async () => {
  await using server = await startPipeServer();
  const ada = await RawClient.open(server.connect());
  const account = await registerOn(ada, "ada");
  await ada.call("send", messageTo([account], randomBytes(10)));

  const thief = new RawClient(server.connect());
  await thief.nextRaw();
  await thief.sendBytes(concatBytes(ada.sent)).catch(() => {});
  assert.deepEqual(await thief.readToEnd(), []);
  const { total } = await ada.call("list", {
    box: "inbox",
    before: null,
    limit: 1,
    unread: false,
    from: null,
    since: null,
    aside: null,
  });
  assert.equal(total, 1);
});

Deno.test("a request repeated within its session ends it", async () => {
  await using server = await startPipeServer();
  const ada = await RawClient.open(server.connect());
  await ada.call("ping", {});
  await ada.sendBytes(ada.sent.at(-1)!);
  assert.equal(await outcome(ada.reply("ping")), "protocol");
  assert.deepEqual(await ada.readToEnd(), []);
});
