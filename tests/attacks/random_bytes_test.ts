/** Noise instead of TLS, and noise inside it. The seed makes every run the same. */
import assert from "node:assert/strict";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer, startServer } from "../support/server.ts";

/** Mulberry32. */
function noise(seed: number): (count: number) => Uint8Array<ArrayBuffer> {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) & 0xff;
  };
  return (count) => Uint8Array.from({ length: count }, next);
}

Deno.test("noise, HTTP and early ends on the TLS port disturb nobody", async () => {
  await using server = await startServer();
  const random = noise(1);
  const pieces = [new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), new Uint8Array(0)];
  for (let i = 0; i < 30; i++) pieces.push(random(1 + i * 50));
  await Promise.all(pieces.map(async (piece) => {
    const raw = await Deno.connect({ hostname: server.host, port: server.port });
    if (piece.length > 0) await raw.write(piece);
    raw.close();
  }));
  const client = await RawClient.open(await server.dial());
  assert.equal(await outcome(client.call("ping", {})), "ok");
  client.close();
  assert.deepEqual(server.lines.filter(({ level }) => level === "error"), []);
});

Deno.test("noise after the hello ends that session only", async () => {
  await using server = await startPipeServer();
  const random = noise(2);
  for (let i = 0; i < 60; i++) {
    const connection = server.connect();
    const client = new RawClient(connection);
    await client.nextRaw();
    await client.sendBytes(random(1 + i * 7)).catch(() => {});
    connection.close();
  }
  const client = await RawClient.open(server.connect());
  assert.equal(await outcome(client.call("ping", {})), "ok");
  assert.deepEqual(server.lines.filter(({ level }) => level === "error"), []);
});

Deno.test("noise in sealed requests is refused, and what the server kept is as it was", async () => {
  await using server = await startPipeServer();
  const random = noise(3);
  for (let i = 0; i < 100; i++) {
    const client = await RawClient.open(server.connect());
    const payload = random(2 + i);
    payload.set([0, 1 + (i % 17)]);
    await client.send("request", payload);
    const frame = await client.next();
    assert.ok(frame.kind === "error" || payload[1] === 1 || payload[1] === 17, frame.kind);
    client.close();
  }
  assert.deepEqual(server.lines.filter(({ level }) => level === "error"), []);
});
