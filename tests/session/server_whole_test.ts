/** A whole session with real keys, over a pipe: as it comes, in chunks, and byte by byte. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { concatBytes, randomBytes, utf8 } from "../../src/model/bytes.ts";
import { asContentTag } from "../../src/model/digests.ts";
import { entryId, uploadId } from "../../src/model/ids.ts";
import { messageTo, registerOn } from "../support/account.ts";
import type { PipeOptions } from "../support/pipe.ts";
import { outcome, RawClient, requestPayload } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

const ways: Record<string, PipeOptions> = {
  "whole": {},
  "in chunks": { maxReadBytes: 97 },
  "byte by byte": { maxReadBytes: 1 },
};

for (const [way, options] of Object.entries(ways)) {
  Deno.test(`a session from hello to mail read, ${way}`, async () => {
    await using server = await startPipeServer();
    const ada = await RawClient.open(server.connect(options));
    const bob = await RawClient.open(server.connect(options));
    const bobAccount = await registerOn(bob, "bob");
    await registerOn(ada, "ada");

    const body = randomBytes(3_000);
    const sent = await ada.call("send", messageTo([bobAccount], body));
    assert.deepEqual(sent, { id: 1, repeated: false });

    const page = await bob.call("list", inbox);
    assert.deepEqual([page.total, page.unread, page.entries.length], [1, 1, 1]);
    assert.equal(page.entries[0]!.from, "ada");
    const { entry } = await bob.call("fetch", { id: page.entries[0]!.id });
    assert.deepEqual(await bob.download(), body);
    assert.equal(entry.sealedBytes, 3_000);
    const receipt = utf8("signed by bob");
    await bob.call("markRead", {
      read: [{ id: entry.id, receipt }, { id: entryId(99), receipt: null }],
    });
    const box = await ada.call("list", { ...inbox, box: "sent" });
    assert.deepEqual(box.entries[0]!.deliveries, [{ recipient: "bob", receipt }]);
    await bob.call("delete", { ids: [entry.id, entry.id], versions: null });
    assert.equal(await outcome(bob.call("look", { ids: [entry.id] })), "no_such_message");
  });
}

const inbox = {
  box: "inbox",
  before: null,
  limit: 20,
  unread: false,
  from: null,
  since: null,
  aside: null,
} as const;

Deno.test("an upload comes back as it went, whatever its frames were", async () => {
  await using server = await startPipeServer();
  const ada = await RawClient.open(server.connect());
  const account = await registerOn(ada, "ada");
  for (const frameBytes of [1, 1_000, 65_552, 262_144]) {
    const body = randomBytes(frameBytes === 1 ? 300 : 65_536);
    const all = frameBytes === 1 ? body : concatBytes(Array(9).fill(body));
    const upload = await ada.upload(all, frameBytes);
    const { id } = await ada.call("send", messageTo([account], { upload }));
    await ada.call("fetch", { id });
    assert.deepEqual(await ada.download(), all);
  }
});

Deno.test("replies to requests that came together go out in one write", async () => {
  await using server = await startPipeServer();
  const connection = server.connect();
  const client = await RawClient.open(connection);
  const payload = requestPayload("ping", {});
  const frames = [];
  for (let i = 0; i < 20; i++) frames.push(await client.seal("request", payload));
  await client.sendBytes(concatBytes(frames));
  const first = (await connection.read())!;
  // One reply is over 30 bytes: all twenty are in the first piece that arrives.
  assert.ok(first.length > 20 * 30, `${first.length} bytes`);
});

Deno.test("failures keep the session and the order of replies", async () => {
  await using server = await startPipeServer({ maxMessageBytes: 1_000 });
  const ada = await RawClient.open(server.connect());
  const account = await registerOn(ada, "ada");
  await ada.sendRequest("look", { ids: [entryId(7)] });
  await ada.sendRequest("ping", {});
  assert.equal(await outcome(ada.reply("look")), "no_such_message");
  assert.equal((await ada.reply("ping")).software, "mailctl test");
  assert.equal(await outcome(ada.upload(new Uint8Array(2_000_000), 200_000)), "too_large");
  await ada.sendRequest("upload", {});
  await ada.endStream(false);
  assert.equal(await outcome(ada.reply("upload")), "malformed");
  const nobody = { ...account, name: asAccountName("nobody") };
  const message = messageTo([account, nobody], randomBytes(10));
  assert.equal(await outcome(ada.call("send", message)), "no_such_recipient");
  assert.equal(
    await outcome(ada.call("send", messageTo([account, account], randomBytes(1)))),
    "malformed",
  );
  assert.equal(
    await outcome(ada.call("send", messageTo([account], { upload: uploadId(1) }))),
    "malformed",
  );
  assert.equal((await ada.call("list", inbox)).total, 0);
});

Deno.test("a send with the same key is stored once, and other content is a conflict", async () => {
  await using server = await startPipeServer();
  const ada = await RawClient.open(server.connect());
  const message = messageTo([await registerOn(ada, "ada")], randomBytes(10));
  assert.deepEqual(await ada.call("send", message), { id: 1, repeated: false });
  assert.deepEqual(await ada.call("send", message), { id: 1, repeated: true });
  const other = { ...message, contentTag: asContentTag(randomBytes(32)) };
  assert.equal(await outcome(ada.call("send", other)), "conflict");
  assert.deepEqual(await ada.call("findSend", message), { id: 1 });
});
