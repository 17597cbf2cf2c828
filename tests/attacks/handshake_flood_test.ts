/** Callers without end that make the server do TLS: they are counted before it costs anything. */
import assert from "node:assert/strict";
import { listenForPrograms } from "../../src/gateway/listen.ts";
import { MailError } from "../../src/model/errors.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { testIdentity } from "../support/listener_here.ts";
import { until } from "../support/person.ts";
import { startServer } from "../support/server.ts";

/** Makes connections one after the other, says nothing on them, and waits until so many were closed: tells which. */
async function closedOf(port: number, made: number, closed: number): Promise<boolean[]> {
  const open: Deno.TcpConn[] = [];
  const ended = Array.from({ length: made }, () => false);
  for (const at of ended.keys()) {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    open.push(socket);
    const end = () => ended[at] = true;
    socket.read(new Uint8Array(1)).then((count) => count === null && end(), end);
  }
  await until(() => ended.filter(Boolean).length >= closed, "that connections are closed");
  const seen = [...ended];
  for (const socket of open) socket.close();
  return seen;
}

Deno.test("one connection too many of an address is closed before TLS", async () => {
  const rate = rates.handshakeByMachine as { burst: number; perSecond: number };
  const { burst, perSecond } = rate;
  Object.assign(rate, { burst: 2, perSecond: 1e-6 });
  try {
    await using server = await startServer({ limits: { handshakeTimeoutMs: 600_000 } });
    assert.deepEqual(await closedOf(server.port, 4, 2), [false, false, true, true]);
    const limited = server.lines.filter((line) => Object.values(line).includes("limit hit"));
    assert.equal(limited.length, 2);
  } finally {
    Object.assign(rate, { burst, perSecond });
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
  assert.deepEqual(await closedOf(listener.port, 2, 1), [false, true]);
  listener.close();
});
