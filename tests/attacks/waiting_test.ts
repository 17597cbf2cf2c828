/** Clients that wait for mail by the hundred, in a row, or without being there any more. */
import assert from "node:assert/strict";
import { type Bytes, concatBytes, utf8 } from "../../src/model/bytes.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { CountedStore } from "../support/counted_store.ts";
import { deadline, until } from "../support/person.ts";
import { RawClient, requestPayload } from "../support/raw_client.ts";
import { dialTest, startPipeServer, startServer } from "../support/server.ts";

const fromNow = { after: 0, unread: false };

async function waits(client: RawClient, count: number): Promise<Bytes> {
  const frames: Bytes[] = [];
  for (let n = 0; n < count; n++) {
    frames.push(await client.seal("request", requestPayload("waitForMail", fromNow)));
  }
  return concatBytes(frames);
}

for (const inPieces of [false, true]) {
  const how = inPieces ? "one after the other" : "in one piece";
  Deno.test(`a thousand waits in a row are one wait: ${how}`, async () => {
    const store = new CountedStore("mail.test");
    await using server = await startPipeServer({ store, limits: { waitTimeoutMs: 600_000 } });
    const client = await RawClient.open(server.connect());
    const ada = await registerOn(client, "ada");
    const all = await waits(client, 1000);
    const size = all.length / 1000;
    if (!inPieces) await client.sendBytes(all);
    else {for (let n = 0; n < 1000; n++) {
        await client.sendBytes(all.subarray(n * size, (n + 1) * size));
      }}
    for (let n = 0; n < 999; n++) {
      const reply = await deadline(client.reply("waitForMail"), 120_000, `no answer to ${n}`);
      assert.deepEqual(reply.entries, []);
    }
    await until(() => store.waiting === 1, "the last wait");
    assert.equal(store.mostWaiting, 1);
    assert.ok(store.looks <= 1000, `${store.looks} looks`); // none for the end of a wait
    const other = await RawClient.open(server.connect());
    await registerOn(other, "bob");
    await other.call("send", messageTo([ada], utf8("body")));
    assert.equal((await client.reply("waitForMail")).entries.length, 1);
  });
}

Deno.test("a connection that is cut leaves nobody waiting, over TLS too", async () => {
  const store = new CountedStore("mail.test");
  await using server = await startServer({ store });
  for (let round = 0; round < 3; round++) {
    const client = await RawClient.open(await dialTest(server.keys, server.port));
    await registerOn(client, `ada${round}`);
    await client.sendRequest("waitForMail", fromNow);
    await until(() => store.waiting === 1, "the wait");
    client.close();
    await until(() => store.waiting === 0, "the end of the wait");
  }
});

Deno.test("200 wait at once, and each hears of its own mail and of nothing else", async () => {
  const store = new CountedStore("mail.test");
  await using server = await startServer({ store });
  const people = await Promise.all(Array.from({ length: 200 }, async (_, n) => {
    const client = await RawClient.open(await dialTest(server.keys, server.port));
    return { client, account: await registerOn(client, `person${n}`) };
  }));
  for (const { client } of people) await client.sendRequest("waitForMail", fromNow);
  await until(() => store.waiting === 200, "200 waits");
  const [first] = people;
  const sender = await RawClient.open(await dialTest(server.keys, server.port));
  await registerOn(sender, "sender");
  const looksBefore = store.looks;
  await sender.call("send", messageTo([first!.account], utf8("body")));
  assert.equal((await first!.client.reply("waitForMail")).entries.length, 1);
  assert.equal(store.looks, looksBefore + 1, "one message is looked for once");
  for (let at = 1; at < 200; at += 50) {
    const some = people.slice(at, at + 50).map(({ account }) => account);
    await sender.call("send", messageTo(some, utf8("body")));
  }
  const replies = await Promise.all(
    people.slice(1).map(({ client }) => client.reply("waitForMail")),
  );
  assert.deepEqual(new Set(replies.map(({ entries }) => entries.length)), new Set([1]));
  assert.equal(store.waiting, 0);
  for (const { client } of people) client.close();
  sender.close();
});
