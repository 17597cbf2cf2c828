/** Peers that read or write faster or slower than the other side: the server holds no more than a chunk or two. */
import type { AccountId, EntryId, UploadId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { RawClient } from "../support/raw_client.ts";
import { startPipeServer, startServer } from "../support/server.ts";

const chunkCount = 40;

/** Counts chunks on their way out, and holds those on their way in until it is let go. */
class WatchedStore extends MemoryStore {
  readonly released = Promise.withResolvers<void>();
  taken = 0;
  input = 0;
  slow = false;

  release(): void {
    this.released.resolve();
  }

  override async *body(accountId: AccountId, id: EntryId): AsyncGenerator<Uint8Array> {
    for await (const chunk of super.body(accountId, id)) {
      this.taken++;
      yield chunk;
    }
  }

  override async appendUpload(
    upload: UploadId,
    position: number,
    chunk: Uint8Array,
  ): Promise<void> {
    this.input++;
    if (this.slow) await this.released.promise;
    await super.appendUpload(upload, position, chunk);
  }
}

Deno.test("a reader that stops makes the server stop reading the store", async () => {
  const store = new WatchedStore("mail.test");
  await using server = await startPipeServer({ store });
  const client = await RawClient.open(server.connect());
  const ada = await registerOn(client, "ada");
  const upload = await client.upload(
    new Uint8Array(chunkCount * limits.chunkBytes),
    limits.chunkBytes,
  );
  const { id } = await client.call("send", messageTo([ada], { upload }));
  await client.call("fetch", { id });
  await until(() => store.taken >= 2);
  assert.ok(store.taken <= 4, `${store.taken} chunks`);
  const other = await RawClient.open(server.connect());
  await other.call("ping", {});
  assert.ok(store.taken <= 4, `${store.taken} chunks`);
  assert.equal((await client.download()).length, chunkCount * limits.chunkBytes);
});

Deno.test("a slow store makes a fast sender wait, over TLS too", async () => {
  const store = new WatchedStore("mail.test");
  await using server = await startServer({ store });
  const connection = await server.dial();
  const client = await RawClient.open(connection);
  await registerOn(client, "ada");
  store.slow = true;
  await client.sendRequest("upload", {});
  let written = 0;
  const sending = (async () => {
    for (let i = 0; i < 100; i++) {
      await client.send("data", new Uint8Array(limits.chunkBytes));
      written++;
    }
    await client.endStream(true);
  })();
  await until(() => store.input >= 4);
  let before = -1;
  await until(() => {
    const still = written === before; // whatever the system's own buffers take is in them now
    before = written;
    return still;
  }, 100);
  assert.ok(written < 60, `${written} chunks of 100`);
  assert.equal(store.input, 4);
  store.release();
  await sending;
  await client.reply("upload");
  client.close();
});

Deno.test("a reader that never reads on is cut", async () => {
  await using server = await startPipeServer({ limits: { idleTimeoutMs: 60 } });
  const connection = server.connect({ roomBytes: 1_000 });
  const client = await RawClient.open(connection);
  const ada = await registerOn(client, "ada");
  const { id } = await client.call("send", messageTo([ada], new Uint8Array(100_000)));
  await client.sendRequest("fetch", { id });
  await until(() => server.context.table.size === 0);
});

Deno.test("a client that goes away in the middle of a fetch over TLS is nobody's defect", async () => {
  const store = new WatchedStore("mail.test");
  await using server = await startServer({ store });
  const client = await RawClient.open(await server.dial());
  const ada = await registerOn(client, "ada");
  const upload = await client.upload(
    new Uint8Array(chunkCount * limits.chunkBytes),
    limits.chunkBytes,
  );
  const { id } = await client.call("send", messageTo([ada], { upload }));
  await client.sendRequest("fetch", { id });
  await until(() => store.taken >= 2);
  client.close();
  const other = await RawClient.open(await server.dial());
  await other.call("ping", {});
  other.close();
  await server.stop();
  assert.deepEqual(server.lines.filter(({ level }) => level === "error"), []);
});

Deno.test("a client that goes away in the middle of an upload leaves nothing", async () => {
  const store = new WatchedStore("mail.test");
  let discarded = 0;
  store.discardUpload = (upload) => {
    discarded++;
    return MemoryStore.prototype.discardUpload.call(store, upload);
  };
  await using server = await startPipeServer({ store });
  const client = await RawClient.open(server.connect());
  await registerOn(client, "ada");
  await client.upload(new Uint8Array(1_000), 1_000);
  await client.sendRequest("upload", {});
  await client.send("data", new Uint8Array(100));
  const half = await client.seal("data", new Uint8Array(100));
  await client.sendBytes(half.subarray(0, 50));
  client.close();
  await until(() => discarded === 2 && server.context.table.size === 0);
});

/** Looks again after each turn of the event loop, or after so many milliseconds. */
async function until(condition: () => boolean, everyMs = 1): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, everyMs));
}
