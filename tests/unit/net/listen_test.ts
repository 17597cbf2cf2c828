/** Accepting connections, whatever becomes of some of them. */
import assert from "node:assert/strict";
import net from "node:net";
import { Acceptor } from "../../../src/net/listen.ts";

/** Connects, and takes it back by a reset. */
function reset(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.resetAndDestroy());
    socket.on("close", () => resolve());
  });
}

Deno.test("connections that are reset before they are accepted keep nobody waiting", async () => {
  const acceptor = new Acceptor({ hostname: "127.0.0.1", port: 0 });
  const { port } = acceptor;
  for (let round = 0; round < 8; round++) await reset(port);
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  const troubles: unknown[] = [];
  const own = Promise.withResolvers<void>();
  const accepting = acceptor.accept((socket) => {
    const { remoteAddr } = socket;
    socket.close();
    if (remoteAddr.port === (client.localAddr as Deno.NetAddr).port) own.resolve();
  }, (error) => troubles.push(error));
  await own.promise;
  assert.deepEqual(troubles, []);
  acceptor.close();
  await accepting;
});
