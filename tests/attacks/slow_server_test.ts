/** A server that says a byte now and then holds nobody: a frame that has begun has one deadline. */
import assert from "node:assert/strict";
import { Client } from "../../src/client/connection/client.ts";
import { proveLogin } from "../../src/crypto/account/login_proof.ts";
import { addressAt } from "../../src/model/address.ts";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";
import { entryId } from "../../src/model/ids.ts";
import type { Connection } from "../../src/net/connection.ts";
import { enter, messageTo } from "../support/account.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { pipe } from "../support/pipe.ts";
import { startPipeServer } from "../support/server.ts";

const patience = { replyTimeoutMs: 20_000, frameTimeoutMs: 300 };

/** Passes on what a true server says: the first bytes at once, the others one by one. */
async function drippingAfter(bytesAtOnce: number): Promise<{ ended: unknown; bytes: number }> {
  await using server = await startPipeServer();
  const [here, there] = pipe();
  const honest = server.connect();
  const passing = (async () => {
    for (let said; (said = await there.read()) !== null;) await honest.write(said).catch(() => {});
    honest.close();
  })();
  let bytes = 0;
  let isOver = false;
  const dripping = (async () => {
    for (let said; (said = await honest.read()) !== null;) {
      const rest = said.subarray(Math.max(0, bytesAtOnce - bytes));
      await there.write(said.subarray(0, said.length - rest.length)).catch(() => {});
      bytes += said.length - rest.length;
      for (const byte of rest) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        await there.write(new Uint8Array([byte])).catch(() => {});
        bytes++;
        if (isOver) return;
      }
    }
  })();
  const trust = { ticket: null, onProved: () => Promise.resolve(), proofFirst: false };
  const client = new Client(Promise.resolve(here), () => Promise.resolve(trust), patience);
  const ended = await client.call("ping", {}).then(() => "ok", (error) => error);
  isOver = true;
  client.close();
  there.close();
  await Promise.all([passing, dripping]);
  return { ended, bytes };
}

const helloBytes = 1_700;

for (const [name, atOnce] of [["its hello", 0], ["a reply", helloBytes]] as const) {
  Deno.test(`a byte now and then of ${name} holds a client no longer than a frame may take`, async () => {
    const { ended, bytes } = await drippingAfter(atOnce);
    assert.ok(
      ended instanceof Error && /the server \S+ took too long/.test(ended.message),
      String(ended),
    );
    assert.ok(bytes < atOnce + 100, `${bytes} bytes came`);
  });
}

/** Passes on what a true server says, the frames of a stream one by one: a body in pieces of a byte. */
class SlowFrames {
  frames = 0;
  isSlow = false;

  async pass(honest: Connection, there: Connection): Promise<void> {
    for (let said = new Uint8Array(0);;) {
      const more = await honest.read();
      if (more === null) return there.close();
      said = concatBytes([said, more]);
      while (said.length >= 4) {
        const length = 4 + new DataView(said.buffer, said.byteOffset).getUint32(0);
        if (said.length < length) break;
        if (this.isSlow) await new Promise((resolve) => setTimeout(resolve, 50));
        await there.write(said.slice(0, length)).catch(() => {});
        said = said.subarray(length);
        this.frames++;
      }
    }
  }
}

Deno.test("a stream of small frames holds a client no longer than what came may take", async () => {
  const store = new MemoryStore("mail.test");
  const pieces = async function* () {
    for (let at = 0; at < 400; at++) yield await Promise.resolve(new Uint8Array([at]));
  };
  store.body = pieces;
  await using server = await startPipeServer({ store });
  const [raw, ada] = await enter(server, "ada");
  await raw.call("send", messageTo([ada], utf8("body")));
  const [here, there] = pipe();
  const honest = server.connect();
  const slow = new SlowFrames();
  const asking = (async () => {
    for (let said; (said = await there.read()) !== null;) await honest.write(said).catch(() => {});
    honest.close();
  })();
  const answering = slow.pass(honest, there);
  const trust = { ticket: null, onProved: () => Promise.resolve(), proofFirst: false };
  const client = new Client(Promise.resolve(here), () => Promise.resolve(trust), {
    replyTimeoutMs: 2_000,
    frameTimeoutMs: 2_000,
  });
  await client.call("login", async (transcript) => ({
    name: ada.name,
    ...await proveLogin(ada.loginSeed, { transcript, address: addressAt(ada.name, "mail.test") }),
  }));
  slow.isSlow = true;
  const { stream } = await client.download("fetch", { id: entryId(1) });
  await assert.rejects(Array.fromAsync(stream), { message: /the server \S+ took too long/ });
  assert.ok(slow.frames < 200, `${slow.frames} frames came`);
  slow.isSlow = false;
  client.close();
  raw.close();
  there.close();
  await Promise.all([asking, answering]);
});

Deno.test("a server that is quick is heard", async () => {
  assert.equal((await drippingAfter(Infinity)).ended, "ok");
});
