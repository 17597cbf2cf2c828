/** Callers without end that make the server do TLS: they are counted before it costs anything. */
import assert from "node:assert/strict";
import { listenForPrograms } from "../../src/gateway/listen.ts";
import { MailError } from "../../src/model/errors.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { testIdentity } from "../support/listener_here.ts";
import { startServer } from "../support/server.ts";

/** True where the server closes a connection on which nothing was said. */
async function isClosed(port: number, open: Deno.TcpConn[]): Promise<boolean> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  open.push(socket);
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), 1_000); // it waits for the handshake
  const ended = socket.read(new Uint8Array(1)).then((count) => count === null, () => true);
  return await Promise.race([ended, late.promise]).finally(() => clearTimeout(timer));
}

Deno.test("one connection too many of an address is closed before TLS", async () => {
  const rate = rates.handshakeByMachine as { burst: number; perSecond: number };
  const { burst, perSecond } = rate;
  Object.assign(rate, { burst: 2, perSecond: 1e-6 });
  const open: Deno.TcpConn[] = [];
  try {
    await using server = await startServer({ limits: { handshakeTimeoutMs: 600_000 } });
    const closed = [];
    for (let n = 0; n < 4; n++) closed.push(await isClosed(server.port, open));
    assert.deepEqual(closed, [false, false, true, true]);
    const limited = server.lines.filter((line) => Object.values(line).includes("limit hit"));
    assert.equal(limited.length, 2);
  } finally {
    Object.assign(rate, { burst, perSecond });
    for (const socket of open) socket.close();
  }
});

Deno.test("so it is where mail programs begin with TLS", async () => {
  const { identity } = await testIdentity();
  let admitted = 0;
  const listener = listenForPrograms({
    hostname: "127.0.0.1",
    port: 0,
    speak: () => Promise.resolve(),
    refusal: "421\r\n",
    implicitTls: identity,
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
    admit: () => {
      if (++admitted > 1) throw new MailError("try_later", "Not now");
    },
    onTrouble: (error) => {
      throw error;
    },
  });
  const open: Deno.TcpConn[] = [];
  assert.deepEqual([await isClosed(listener.port, open), await isClosed(listener.port, open)], [
    false,
    true,
  ]);
  listener.close();
  for (const socket of open) socket.close();
});
