/** 300 connections that say a byte now and then: all are cut when their time is up, whatever they say. */
import assert from "node:assert/strict";
import type { Connection } from "../../src/net/connection.ts";
import { registerOn } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer, startServer } from "../support/server.ts";

/** Sends a byte after each byte's time until the other side closes. */
async function trickle(connection: Connection): Promise<void> {
  const frame = new Uint8Array(1_300);
  new DataView(frame.buffer).setUint32(0, 1_296);
  frame[4] = 2;
  const ended = (async () => {
    while (await connection.read() !== null);
    return true;
  })();
  for (let at = 0;; at++) {
    await connection.write(frame.subarray(at, at + 1)).catch(() => {});
    if (await Promise.race([ended, after(20)])) break;
  }
  connection.close();
}

function after(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms));
}

Deno.test("300 tricklers inside TLS are cut, and a normal client works meanwhile", async () => {
  await using server = await startServer({ limits: { handshakeTimeoutMs: 1_500 } });
  const normal = await RawClient.open(await server.dial());
  await registerOn(normal, "ada");
  // On a busy machine the time of some is up before TLS is there.
  const dialing = await Promise.allSettled(Array.from({ length: 300 }, () => server.dial()));
  const dialed = dialing.filter((each) => each.status === "fulfilled").map(({ value }) => value);
  const cut = Promise.all(dialed.map(trickle));
  assert.equal(await outcome(normal.call("ping", {})), "ok");
  await cut;
  assert.equal(await outcome(normal.call("ping", {})), "ok");
  normal.close();
});

Deno.test("connections that do not even begin TLS are cut", async () => {
  await using server = await startServer({ limits: { handshakeTimeoutMs: 100 } });
  const raw = await Deno.connect({ hostname: server.host, port: server.port });
  assert.equal(await raw.read(new Uint8Array(1)).catch(() => null), null);
  raw.close();
});

Deno.test("a frame that has begun has its time, also after a login", async () => {
  await using server = await startPipeServer({ limits: { frameTimeoutMs: 60 } });
  const connection = server.connect();
  const client = await RawClient.open(connection);
  await registerOn(client, "ada");
  await trickle(connection);
});

Deno.test("a login has its time, however busy the session is", async () => {
  await using server = await startPipeServer({ limits: { loginTimeoutMs: 300 } });
  const client = await RawClient.open(server.connect());
  // Through a pipe nothing waits for a socket, and timers would never have their turn.
  while (await client.call("ping", {}).then(() => true, () => false)) await after(0);
});

Deno.test("a session that says nothing ends", async () => {
  await using server = await startPipeServer({ limits: { idleTimeoutMs: 60 } });
  const client = await RawClient.open(server.connect());
  await registerOn(client, "ada");
  assert.deepEqual(await client.readToEnd(), []);
});
