/** Attacks on mail that waits and on mail that burns: another's taken back, released twice, read by who may not. */
import { span } from "../../src/model/delivery_time.ts";
import { asAccountName } from "../../src/model/address.ts";
import { accountId, type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import { enter, messageTo, wholeInbox } from "../support/account.ts";
import { outcome } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

const terms = { unknown: [], partial: false, expires: null, deliver: null };
Deno.test("nobody takes back what another holds, its recipient neither", async () => {
  let now = 1_000;
  await using server = await startPipeServer({ now: () => now });
  const [ada] = await enter(server, "ada");
  const [bob, bobAccount] = await enter(server, "bob");
  const [eve] = await enter(server, "eve");
  const message = messageTo([bobAccount], utf8("body"));
  await ada.call("submit", { ...message, ...terms, deliver: span(1_000), burn: false });
  for (const client of [bob, eve]) {
    const ids = Array.from({ length: 1_000 }, (_, n) => entryId(n));
    assert.equal(await outcome(client.call("cancel", { ids, keyring: null })), "no_such_message");
    assert.equal(
      await outcome(client.call("cancel", { ids: [entryId(1)], keyring: null })),
      "no_such_message",
    );
  }
  now = 2_000;
  assert.equal((await bob.call("list", wholeInbox)).entries.length, 1);
  assert.equal(
    await outcome(bob.call("cancel", { ids: [entryId(1)], keyring: null })),
    "no_such_message",
  );
});

Deno.test("a crowd that looks at the moment of delivery gets each message once", async () => {
  let now = 1_000;
  await using server = await startPipeServer({ now: () => now });
  const [ada] = await enter(server, "ada");
  const [bob, bobAccount] = await enter(server, "bob");
  for (let n = 0; n < 20; n++) {
    const message = messageTo([bobAccount], utf8(`body ${n}`));
    await ada.call("submit", { ...message, ...terms, deliver: span(1_000), burn: false });
  }
  now = 2_000;
  await ada.sendRequest("cancel", { ids: [entryId(1), entryId(20)], keyring: null });
  const looks = Array.from(
    { length: 10 },
    () => server.context.dueWork.bringUpToDate(accountId(1)),
  );
  await Promise.all([bob.call("list", wholeInbox), server.context.dueWork.run(), ...looks]);
  const left = await outcome(ada.reply("cancel")) === "ok" ? 18 : 20;
  const { entries, total } = await bob.call("list", wholeInbox);
  assert.deepEqual([entries.length, total], [left, left]);
});

Deno.test("what a removed account had not sent yet nobody gets", async () => {
  let now = 1_000;
  await using server = await startPipeServer({ now: () => now });
  const [ada] = await enter(server, "ada");
  const [bob, bobAccount] = await enter(server, "bob");
  const message = messageTo([bobAccount], utf8("later"));
  await ada.call("submit", { ...message, ...terms, deliver: span(500), burn: false });
  await server.context.administration.remove([asAccountName("ada")]);
  now = 2_000;
  await server.context.dueWork.run();
  assert.equal((await bob.call("list", wholeInbox)).total, 0);
  assert.equal(await server.context.dueWork.untilNext(), null);
});

function marks(...ids: EntryId[]) {
  return ids.map((id) => ({ id, receipt: null }));
}

Deno.test("a mark burns nobody's copy but the one's who made it", async () => {
  await using server = await startPipeServer();
  const [ada] = await enter(server, "ada");
  const [bob, bobAccount] = await enter(server, "bob");
  const [eve, eveAccount] = await enter(server, "eve");
  const message = messageTo([bobAccount, eveAccount], utf8("body"));
  await ada.call("submit", { ...message, ...terms, burn: true });
  for (let n = 0; n < 3; n++) {
    await eve.call("markRead", { read: marks(entryId(1), entryId(1), entryId(2)) });
  }
  await ada.call("markRead", { read: marks(entryId(1)) });
  const [entry] = (await bob.call("list", wholeInbox)).entries;
  assert.deepEqual([entry!.burn, entry!.readAt], [true, null]);
  await bob.sendRequest("fetch", { id: entryId(1) });
  await bob.reply("fetch");
  assert.ok((await bob.download()).length > 0);
  assert.equal(await outcome(eve.call("fetch", { id: entryId(1) })), "no_such_message");
});
