/** The end of a connection over TLS that the other side cut before. */
import assert from "node:assert/strict";
import { makeCertificate } from "../../../src/crypto/certificate.ts";
import { asCertificateDigest } from "../../../src/model/digests.ts";
import { letOthersIn } from "../../../src/model/promises.ts";
import type { ByteSocket } from "../../../src/net/byte_socket.ts";
import { inTime } from "../../../src/net/deadline.ts";
import { secureClient, secureServer } from "../../../src/net/tls_connection.ts";
import { tlsIdentity } from "../../../src/net/tls_identity.ts";

Deno.test("nobody waits for the end of a connection that was reset before", async () => {
  const host = "127.0.0.1";
  const shown = await makeCertificate({ hosts: [], addresses: [host] }, Date.now());
  const certificateDigest = asCertificateDigest(new Uint8Array(32));
  const identity = tlsIdentity({ ...shown, certificateDigest }, "TLSv1.3");
  using listener = Deno.listen({ hostname: host, port: 0 });
  const accepting = listener.accept();
  const dialled = await Deno.connect({ hostname: host, port: listener.addr.port });
  const tcp = await accepting;
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
    secureClient(dialled, host, { hasAuthorities: false }),
  ]);
  const reading = server.read();
  reset.reject(new Deno.errors.ConnectionReset());
  assert.equal(await reading, null);
  await letOthersIn();
  await inTime(server.end!(), 10_000);
  server.close();
  client.connection.close();
});
