/** The end of a connection over TLS that the other side cut or broke before. */
import assert from "node:assert/strict";
import { makeCertificate } from "../../../src/crypto/certificate.ts";
import { asCertificateDigest } from "../../../src/model/digests.ts";
import { letOthersIn } from "../../../src/model/promises.ts";
import type { ByteSocket } from "../../../src/net/byte_socket.ts";
import { inTime } from "../../../src/net/deadline.ts";
import { secureClient, secureServer } from "../../../src/net/tls_connection.ts";
import { tlsIdentity } from "../../../src/net/tls_identity.ts";

const host = "127.0.0.1";
const shown = await makeCertificate({ hosts: [], addresses: [host] }, Date.now());
const certificateDigest = asCertificateDigest(new Uint8Array(32));
const identity = tlsIdentity({ ...shown, certificateDigest }, "TLSv1.3");

/** Both ends of a connection, before TLS. */
async function connect() {
  using listener = Deno.listen({ hostname: host, port: 0 });
  const accepting = listener.accept();
  const dialled = await Deno.connect({ hostname: host, port: listener.addr.port });
  return { dialled, tcp: await accepting };
}

Deno.test("nobody waits for the end of a connection that was reset before", async () => {
  const { dialled, tcp } = await connect();
  const reset = Promise.withResolvers<never>();
  const socket: ByteSocket = {
    remoteAddr: { hostname: host },
    read: (buffer) => Promise.race([tcp.read(buffer), reset.promise]),
    write: (bytes) => tcp.write(bytes),
    close: () => tcp.close(),
    closeWrite: () => tcp.closeWrite(),
    setNoDelay: () => tcp.setNoDelay(),
  };
  const [server, client] = await Promise.all([
    secureServer(socket, host, identity),
    secureClient(dialled, { host, port: 0 }, { hasAuthorities: false }),
  ]);
  const reading = server.read();
  reset.reject(new Deno.errors.ConnectionReset());
  assert.equal(await reading, null);
  await letOthersIn();
  await inTime(server.end!(), 10_000);
  server.close();
  client.connection.close();
});

/** What is no record of the connection: another protocol, one that nobody sealed, and an alert in the clear. */
const broken = {
  words: new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"),
  "a forged record": new Uint8Array([23, 3, 3, 0, 64, ...new Array(64).fill(7)]),
  "an alert in the clear": new Uint8Array([21, 3, 3, 0, 2, 2, 40]),
};

for (const [name, bytes] of Object.entries(broken)) {
  for (const side of ["server", "client"]) {
    Deno.test(`${name} in the place of TLS is the end of the connection for a ${side}`, async () => {
      const { dialled, tcp } = await connect();
      const [server, { connection: client }] = await Promise.all([
        secureServer(tcp, host, identity),
        secureClient(dialled, { host, port: 0 }, { hasAuthorities: false }),
      ]);
      const [here, there] = side === "server" ? [server, dialled] : [client, tcp];
      const reading = here.read();
      await there.write(bytes);
      assert.equal(await inTime(reading, 10_000), null);
      await assert.rejects(inTime(here.write(bytes), 10_000), { code: "unavailable" });
      await inTime(here.end!(), 10_000);
      client.close();
      server.close();
    });
  }
}
