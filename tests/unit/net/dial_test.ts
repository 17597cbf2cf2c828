/** What a person is told of a server that cannot be reached, or is gone at once. */
import assert from "node:assert/strict";
import { decodePem, makeCertificate } from "../../../src/crypto/certificate.ts";
import { inTime } from "../../../src/net/deadline.ts";
import { dialKnown, dialUnknown } from "../../../src/net/dial.ts";

const answers: Readonly<Record<string, (connection: Deno.TcpConn) => Promise<unknown>>> = {
  "it closed the connection": (connection) => connection.closeWrite(),
  "it is not a mailctl server": (connection) =>
    connection.write(new TextEncoder().encode("220 hi\r\n")),
};

for (const [reason, answer] of Object.entries(answers)) {
  Deno.test(`whoever answers otherwise than by TLS is told of: ${reason}`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const answering = listener.accept().then(async (connection) => {
      await answer(connection);
      return connection;
    });
    const dialled = dialUnknown({ host: "127.0.0.1", port, timeoutMs: 10_000 });
    await assert.rejects(dialled, {
      code: "unavailable",
      message: `Cannot reach the server 127.0.0.1:${port}: ${reason}`,
    });
    (await answering).close();
  });
}

Deno.test("a server that closes at once, as over its limits, is told of as that, known or not", async () => {
  const host = "127.0.0.1";
  const { certificate } = await makeCertificate({ hosts: [], addresses: [host] }, Date.now());
  const known = decodePem("CERTIFICATE", certificate);
  using listener = Deno.listen({ hostname: host, port: 0 });
  const { port } = listener.addr;
  const options = { host, port, timeoutMs: 10_000 };
  const leaves = [
    (connection: Deno.TcpConn) => connection.close(),
    (connection: Deno.TcpConn) => connection.read(new Uint8Array(1)).then(() => connection.close()),
    (connection: Deno.TcpConn) =>
      new Promise((resolve) => setTimeout(resolve, 5)).then(() => connection.close()),
  ];
  for (const leave of leaves) {
    for (const dial of [() => dialUnknown(options), () => dialKnown(options, known)]) {
      const leaving = listener.accept().then(leave);
      await assert.rejects(dial(), {
        message: `Cannot reach the server ${host}:${port}: it closed the connection`,
        hint: /too many/,
      });
      await leaving;
    }
  }
});

Deno.test("the end of a server that goes as soon as TLS is there is heard, however early", async () => {
  const host = "127.0.0.1";
  const shown = await makeCertificate({ hosts: [], addresses: [host] }, Date.now());
  const identity = { cert: shown.certificate, key: shown.privateKey };
  using listener = Deno.listenTls({ hostname: host, port: 0, ...identity });
  const { port } = listener.addr as Deno.NetAddr;
  for (let round = 0; round < 30; round++) {
    const leaving = listener.accept().then(async (connection) => {
      await connection.handshake();
      connection.close();
    });
    const { connection } = await dialUnknown({ host, port, timeoutMs: 10_000 });
    assert.equal(await inTime(connection.read(), 10_000, () => connection.close()), null);
    connection.close();
    await leaving;
  }
});
