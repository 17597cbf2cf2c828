/** Waiting for mail: when it is answered, and what it does not hold up. */
import { Client } from "../../src/client/connection/client.ts";
import { type AccountName, asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import { enter, messageTo, registerOn, type TestAccount } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer, startServer } from "../support/server.ts";
import type { Account } from "../../src/store/account_store.ts";
import { CountedStore } from "../support/counted_store.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { deadline, until } from "../support/person.ts";

const fromNow = { after: 0, unread: false };

function mail(to: TestAccount) {
  return messageTo([to], utf8("body"));
}

Deno.test("a wait is answered at once where there is something, oldest first", async () => {
  await using server = await startPipeServer();
  const [client, ada] = await enter(server, "ada");
  await client.call("send", mail(ada));
  await client.call("send", mail(ada));
  const all = await client.call("waitForMail", fromNow);
  assert.deepEqual([all.entries.map(({ id }) => id), all.more], [[2, 4], false]);
  const rest = await client.call("waitForMail", { after: 2, unread: false });
  assert.deepEqual(rest.entries.map(({ id }) => id), [4]);
  await client.call("markRead", { read: [{ id: entryId(2), receipt: null }] });
  const unread = await client.call("waitForMail", { after: 0, unread: true });
  assert.deepEqual(unread.entries.map(({ id }) => id), [4]);
});

Deno.test("a wait is answered by the message that comes, and by nobody else's", async () => {
  const store = new CountedStore("mail.test");
  await using server = await startPipeServer({ store });
  const [ada, adaAccount] = await enter(server, "ada");
  const [bob, bobAccount] = await enter(server, "bob");
  await ada.sendRequest("waitForMail", fromNow);
  await until(() => store.waiting === 1, "the wait");
  await bob.call("send", mail(bobAccount));
  assert.equal(store.looks, 1);
  await bob.call("send", mail(adaAccount));
  const { entries } = await ada.reply("waitForMail");
  assert.deepEqual(entries.map(({ id, from }) => [id, from]), [[1, "bob"]]);
  assert.equal(store.waiting, 0);
});

Deno.test("a wait that nothing comes for is answered empty, and the session goes on", async () => {
  await using server = await startPipeServer({ limits: { waitTimeoutMs: 20 } });
  const [client] = await enter(server, "ada");
  assert.deepEqual(await client.call("waitForMail", fromNow), { entries: [], more: false });
  assert.deepEqual(await client.call("waitForMail", fromNow), { entries: [], more: false });
  assert.equal(await outcome(client.call("ping", {})), "ok");
});

Deno.test("whatever the client says next ends its wait, half a frame too", async () => {
  const store = new CountedStore("mail.test");
  await using server = await startPipeServer({ store });
  const [client] = await enter(server, "ada");
  await client.sendRequest("waitForMail", fromNow);
  await until(() => store.waiting === 1, "the wait");
  await client.sendRequest("ping", {});
  assert.deepEqual((await client.reply("waitForMail")).entries, []);
  assert.equal((await client.reply("ping")).software, "mailctl test");
  await client.sendRequest("waitForMail", fromNow);
  await until(() => store.waiting === 1, "the second wait");
  const frame = await client.seal("request", new Uint8Array([0, 1]));
  await client.sendBytes(frame.subarray(0, 3));
  assert.deepEqual((await client.reply("waitForMail")).entries, []);
  await client.sendBytes(frame.subarray(3));
  assert.equal((await client.reply("ping")).software, "mailctl test");
});

Deno.test("what was asked before a wait is answered before it", async () => {
  const store = new CountedStore("mail.test");
  await using server = await startPipeServer({ store });
  const [client] = await enter(server, "ada");
  const frames = [
    await client.seal("request", new Uint8Array([0, 1])),
    await client.seal("request", new Uint8Array([0, 40, ...new Uint8Array(9)])),
  ];
  await client.sendBytes(new Uint8Array(await new Blob(frames).arrayBuffer()));
  assert.equal((await client.reply("ping")).software, "mailctl test");
  await until(() => store.waiting === 1, "the wait");
});

Deno.test("deadlines leave one who waits alone", async () => {
  const store = new CountedStore("mail.test");
  const limits = { idleTimeoutMs: 30, loginTimeoutMs: 300, frameTimeoutMs: 30 };
  const time = { now: 0 };
  await using server = await startPipeServer({ store, limits, clock: () => time.now });
  const [client] = await enter(server, "ada");
  await client.sendRequest("waitForMail", fromNow);
  await until(() => store.waiting === 1, "the wait");
  time.now += 2 * limits.idleTimeoutMs;
  assert.deepEqual(server.context.table.sweep(time.now), []);
  assert.equal(store.waiting, 1);
});

Deno.test("a request that comes with the handshake may take as long as a login", async () => {
  const asked = Promise.withResolvers<void>();
  const found = Promise.withResolvers<void>();
  class SlowStore extends MemoryStore {
    override async findAccount(name: AccountName): Promise<Account | null> {
      asked.resolve();
      await found.promise;
      return await super.findAccount(name);
    }
  }
  const store = new SlowStore("mail.test");
  const time = { now: 0 };
  const limits = { handshakeTimeoutMs: 30, loginTimeoutMs: 300 };
  await using server = await startPipeServer({ store, limits, clock: () => time.now });
  const trust = { ticket: null, onProved: () => Promise.resolve(), proofFirst: false };
  const client = new Client(Promise.resolve(server.connect()), () => Promise.resolve(trust));
  const parameters = client.call("passwordParameters", { name: asAccountName("ada") });
  await asked.promise;
  time.now += limits.handshakeTimeoutMs;
  assert.deepEqual(server.context.table.sweep(time.now), []);
  found.resolve();
  assert.equal(await outcome(parameters), "ok");
  client.close();
});

Deno.test("a server that stops answers those who wait, and ends", async () => {
  const store = new CountedStore("mail.test");
  await using server = await startServer({
    store,
    limits: { drainTimeoutMs: 600_000, waitTimeoutMs: 600_000 },
  });
  const client = await RawClient.open(await server.dial());
  await registerOn(client, "ada");
  await client.sendRequest("waitForMail", fromNow);
  await until(() => store.waiting === 1, "the wait");
  const stopped = server.stop();
  const reply = await deadline(client.reply("waitForMail"), 120_000, "no answer");
  assert.deepEqual(reply.entries, []);
  assert.equal(await client.nextRaw(), null);
  await stopped;
});
