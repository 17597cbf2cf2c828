/** 400 connections that say nothing, to a server that may have 128 file descriptors. */
import assert from "node:assert/strict";
import { outcome, RawClient } from "../support/raw_client.ts";
import { dialTest, makeKeyFolder } from "../support/server.ts";

const child = new URL("../support/server_child.ts", import.meta.url).pathname;

Deno.test("400 silent connections keep nobody out", async () => {
  const keys = await makeKeyFolder();
  const command = new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 128 && exec "$@"', "sh", Deno.execPath(), "run", "-A", child, keys],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
  await using server = command.spawn();
  const out = server.stdout.getReader();
  const address = new TextDecoder().decode((await out.read()).value);
  const port = Number(address.trim().split(":").at(-1));

  const before = await RawClient.open(await dialTest(keys, port));
  const silent = await Promise.all(
    Array.from({ length: 400 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  for (let i = 0; i < 3; i++) {
    const client = await RawClient.open(await dialTest(keys, port));
    assert.equal(await outcome(client.call("ping", {})), "ok");
    client.close();
  }
  for (const connection of silent) connection.close();
  before.close();
  const after = await RawClient.open(await dialTest(keys, port));
  assert.equal(await outcome(after.call("ping", {})), "ok");
  after.close();

  await out.cancel();
  await server.stdin.close();
  assert.equal((await server.status).code, 0);
  await Deno.remove(keys, { recursive: true });
});
