/** What an account could do with mail that is kept for a time only: to others, to the server, and to its own notices. */
import { asAccountName } from "../../src/model/address.ts";
import { systemName } from "../../src/model/bounce.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { randomBytes } from "../../src/model/bytes.ts";
import { asLoginSeed } from "../../src/model/digests.ts";
import { retentionOf } from "../../src/model/retention.ts";
import { makeAccount, messageTo, registerOn, wholeInbox } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const day = 86_400_000;
const start = 20_000 * day;
const keepMs = 30 * day;
const { noticeMs } = retentionOf(keepMs);

/** A server whose clock stands, with two accounts. */
async function setUp() {
  const clock = { now: start };
  const server = await startPipeServer({ keepMs, now: () => clock.now });
  const open = () => RawClient.open(server.connect());
  const [ada, bob] = [await open(), await open()];
  const accounts = { ada: await registerOn(ada, "ada"), bob: await registerOn(bob, "bob") };
  const pass = async (ms: number) => {
    clock.now += ms;
    await server.context.dueWork.run();
  };
  return { server, ada, bob, accounts, pass };
}

async function idsOf(client: RawClient, change: object = {}): Promise<EntryId[]> {
  return (await client.call("list", { ...wholeInbox, ...change })).entries.map(({ id }) => id);
}

function retentionNoticesOf(client: RawClient, ids: EntryId[]) {
  return client.call("bounced", { ids }).then(({ retentionNotices }) => retentionNotices);
}

Deno.test("who deletes announcements, or reads them, hastens and hinders nothing", async () => {
  const { server, bob, ada, accounts, pass } = await setUp();
  await using _: PipeServer = server;
  await ada.call("send", messageTo([accounts.bob], randomBytes(20)));
  await pass(40 * day);
  assert.deepEqual(await idsOf(bob), [2, 1]);
  await bob.call("delete", { ids: [entryId(2)], versions: null });
  for (let n = 0; n < 5; n++) await pass(noticeMs / 6);
  assert.deepEqual(await idsOf(bob), [1], "no other is made, and nothing goes");
  await pass(noticeMs / 6);
  assert.deepEqual(await idsOf(bob), []);
});

Deno.test("new mail does not go for an announcement that was there before it", async () => {
  const { server, bob, ada, accounts, pass } = await setUp();
  await using _: PipeServer = server;
  await ada.call("send", messageTo([accounts.bob], randomBytes(20)));
  await pass(40 * day);
  await ada.call("send", messageTo([accounts.bob], randomBytes(20)));
  await pass(noticeMs);
  assert.deepEqual(await idsOf(bob), [3, 2]);
});

Deno.test("nobody sends as the server, nor asks for the announcements of others", async () => {
  const { server, bob, ada, accounts, pass } = await setUp();
  await using _: PipeServer = server;
  const system = { ...await makeAccount("x"), name: systemName };
  const sent = outcome(ada.call("send", messageTo([system], randomBytes(20))));
  assert.equal(await sent, "no_such_recipient");
  const denied = outcome(
    ada.logIn({
      name: asAccountName("<>"),
      loginSeed: asLoginSeed(randomBytes(32)),
    }),
  );
  assert.equal(await denied, "denied");
  await ada.call("send", messageTo([accounts.bob], randomBytes(20)));
  await pass(40 * day);
  assert.equal(
    (await retentionNoticesOf(bob, [entryId(1), entryId(2), entryId(2), entryId(999), entryId(0)]))
      .length,
    2,
  );
  const own = await retentionNoticesOf(ada, [entryId(1), entryId(2)]);
  assert.deepEqual(own.map(({ id, messages }) => [id, messages]), [[2, 1]]);
});

Deno.test("a flood that nobody reads comes back to who sent it, and to nobody else", async () => {
  const { server, bob, ada, accounts, pass } = await setUp();
  await using _: PipeServer = server;
  const eve = await RawClient.open(server.connect());
  await registerOn(eve, "eve");
  const count = 150;
  for (let n = 0; n < count; n++) {
    await eve.call("send", messageTo([accounts.ada, accounts.bob], randomBytes(20)));
  }
  await pass(40 * day);
  await pass(noticeMs);
  await pass(2 * day);
  const [forAda, forBob] = [await idsOf(ada), await idsOf(bob)];
  assert.deepEqual([forAda.length, forBob.length], [1, 1], "one announcement each");
  const { total } = await eve.call("list", wholeInbox);
  assert.equal(total, 2 * count + 1);
  assert.equal((await eve.call("list", { ...wholeInbox, box: "sent" })).total, 0);
  await pass(keepMs);
  await pass(noticeMs);
  await pass(keepMs);
  assert.equal((await eve.call("list", wholeInbox)).total, 0, "and goes from there in time");
  assert.deepEqual([await idsOf(ada), await idsOf(bob)], [[], []]);
});
