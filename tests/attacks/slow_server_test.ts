/** A server that says a byte now and then holds nobody: a frame that has begun has one deadline. */
import assert from "node:assert/strict";
import { Client } from "../../src/client/connection/client.ts";
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
    assert.ok(ended instanceof Error && /took too long/.test(ended.message), String(ended));
    assert.ok(bytes < atOnce + 100, `${bytes} bytes came`);
  });
}

Deno.test("a server that is quick is heard", async () => {
  assert.equal((await drippingAfter(Infinity)).ended, "ok");
});
