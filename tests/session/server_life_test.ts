/** A server's beginning and end: restarts, a port in use, and what is in flight when it stops. */
import { type AccountId, type UploadId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { concatBytes, randomBytes } from "../../src/model/bytes.ts";
import { isFailure, MailError } from "../../src/model/errors.ts";
import { listen } from "../../src/net/listen.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { deadline } from "../support/deadline.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { makeKeyFolder, startServer } from "../support/server.ts";

/** A store that outlives its server, as one on disk does. */
class LastingStore extends MemoryStore {
  readonly begun = Promise.withResolvers<void>();
  /** Resolves when an upload has begun. */
  readonly uploadBegun = this.begun.promise;

  override beginUpload(accountId: AccountId): Promise<UploadId> {
    this.begun.resolve();
    return super.beginUpload(accountId);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

Deno.test("a restart keeps fingerprint, certificate and accounts", async () => {
  const keys = await makeKeyFolder();
  const store = new LastingStore("mail.test");
  const first = await startServer({ keys, store });
  const ada = await registerOn(await RawClient.open(await first.dial()), "ada");
  await first.stop();
  await using second = await startServer({ keys, store });
  assert.deepEqual(second.ready.fingerprint, first.ready.fingerprint);
  const client = await RawClient.open(await second.dial());
  assert.equal(await outcome(client.logIn(ada)), "ok");
  client.close();
  await Deno.remove(keys, { recursive: true });
});

Deno.test("a port in use is named", async () => {
  await using server = await startServer();
  assert.throws(
    () => listen({ hostname: "127.0.0.1", port: server.port }),
    (error) =>
      isFailure(error, "unavailable") &&
      error.message.includes(`127.0.0.1:${server.port}`),
  );
});

Deno.test("stopping ends idle sessions at once, and lets an upload finish with its send", async () => {
  const store = new LastingStore("mail.test");
  await using server = await startServer({ store });
  const silent = await Deno.connect({ hostname: server.host, port: server.port });
  const idle = await RawClient.open(await server.dial());
  const ada = await RawClient.open(await server.dial());
  const account = await registerOn(ada, "ada");
  await ada.sendRequest("upload", {});
  await ada.send("data", new Uint8Array(200_000));
  await store.uploadBegun;
  const stopping = server.stop();
  assert.deepEqual(await idle.readToEnd(), []);
  assert.equal(await silent.read(new Uint8Array(1)).catch(() => null), null);
  silent.close();
  await ada.send("data", new Uint8Array(200_000));
  await ada.endStream(true);
  const { upload } = await ada.reply("upload");
  assert.deepEqual(await ada.call("send", messageTo([account], { upload })), {
    id: 1,
    repeated: false,
  });
  await stopping;
  assert.deepEqual(await ada.readToEnd(), []);
});

Deno.test("what does not finish in time is cut", async () => {
  const store = new LastingStore("mail.test");
  await using server = await startServer({ store, limits: { drainTimeoutMs: 100 } });
  const ada = await RawClient.open(await server.dial());
  await registerOn(ada, "ada");
  await ada.sendRequest("upload", {});
  await ada.send("data", new Uint8Array(200_000));
  await store.uploadBegun;
  await server.stop();
  const { event, cut } = server.lines.at(-1)!;
  assert.deepEqual([event, cut], ["stopped", 1]);
  assert.deepEqual(await ada.readToEnd(), []);
});

Deno.test("a server ends although its store answers nobody any more", async () => {
  const store = new LastingStore("mail.test");
  const asked = Promise.withResolvers<void>();
  const silence = Promise.withResolvers<never>();
  await using server = await startServer({ store, limits: { drainTimeoutMs: 100 } });
  const ada = await RawClient.open(await server.dial());
  await registerOn(ada, "ada");
  store.beginUpload = () => {
    asked.resolve();
    return silence.promise;
  };
  await ada.sendRequest("upload", {});
  await ada.send("data", new Uint8Array(200_000));
  await asked.promise;
  await deadline(server.stop(), 30_000, "the server does not end");
  assert.equal(server.lines.at(-1)!["event"], "stopped");
  silence.reject(new MailError("unavailable", "Cannot reach the database"));
  assert.deepEqual(await ada.readToEnd(), []);
});

Deno.test("a large body goes both ways over TLS", async () => {
  await using server = await startServer();
  const ada = await RawClient.open(await server.dial());
  const account = await registerOn(ada, "ada");
  const body = concatBytes(Array(160).fill(randomBytes(65_536)));
  const upload = await ada.upload(body, 262_144);
  const { id } = await ada.call("send", messageTo([account], { upload }));
  await ada.call("fetch", { id });
  assert.equal((await ada.download()).length, body.length);
  ada.close();
});

Deno.test("a server whose store is too new for it ends in good order, and says why", async () => {
  const store = new LastingStore("mail.test");
  const unusable = Promise.withResolvers<MailError>();
  store.unusable = () => unusable.promise;
  const server = await startServer({ store });
  const idle = await RawClient.open(await server.dial());
  await registerOn(idle, "ada");
  unusable.resolve(new MailError("configuration", "Cannot use the database: it is too new"));
  await idle.readToEnd();
  const end = async () => await server[Symbol.asyncDispose]();
  await assert.rejects(end, { code: "configuration", message: /too new/ });
  assert.equal(server.lines.at(-1)!["event"], "stopped");
});
