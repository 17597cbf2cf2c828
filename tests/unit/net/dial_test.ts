/** What a person is told of a server that cannot be reached. */
import assert from "node:assert/strict";
import { dialUnknown } from "../../../src/net/dial.ts";

const answers: Readonly<Record<string, (connection: Deno.TcpConn) => Promise<unknown>>> = {
  "the connection was lost": (connection) => connection.closeWrite(),
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
