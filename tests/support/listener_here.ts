/** A listener on a free port of loopback, with a certificate that its clients know. */
import { certificateDigest, makeCertificate } from "../../src/crypto/certificate.ts";
import { listenForPrograms, type ListeningForPrograms } from "../../src/gateway/listen.ts";
import type { Connection } from "../../src/net/connection.ts";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import { type TlsIdentity, tlsIdentity } from "../../src/net/tls_identity.ts";

/** A certificate for tests: in PEM, and ready for use. */
export async function testIdentity(): Promise<{ pem: string; identity: TlsIdentity }> {
  const names = { hosts: ["localhost"], addresses: ["127.0.0.1"] };
  const made = await makeCertificate(names, Date.now());
  const digest = await certificateDigest(made.certificate);
  const identity = tlsIdentity({ ...made, certificateDigest: digest }, "TLSv1.2");
  return { pem: made.certificate, identity };
}

/** Listens until it is disposed of. */
export function listenerHere(
  speak: (connection: Connection) => Promise<void>,
  { implicitTls, most = 100 }: { implicitTls?: TlsIdentity; most?: number } = {},
): ListeningForPrograms & Disposable {
  const listener = listenForPrograms({
    hostname: "127.0.0.1",
    port: 0,
    speak,
    refusal: "421 4.7.0 Too many connections\r\n",
    implicitTls,
    maxConnections: most,
    maxConnectionsPerAddress: most,
    onTrouble: (error) => {
      throw error;
    },
  });
  return { ...listener, [Symbol.dispose]: () => listener.close() };
}

/** A plain connection to a listener, and the socket under it. */
export async function dialListener(
  { port }: ListeningForPrograms,
): Promise<{ connection: TcpConnection; socket: Deno.TcpConn }> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  return { connection: new TcpConnection(socket), socket };
}

/** The client's half of TLS over a socket, believing in one certificate. */
export async function startTls(socket: Deno.TcpConn, pem: string): Promise<Connection> {
  const secured = await Deno.startTls(socket, { hostname: "localhost", caCerts: [pem] });
  await secured.handshake();
  const buffer = new Uint8Array(17 * 1024);
  return {
    remoteAddress: "127.0.0.1",
    certificateDigest: null,
    read: async () => {
      const count = await secured.read(buffer).catch(() => null);
      return count === null ? null : buffer.slice(0, count);
    },
    write: async (bytes) => {
      for (let at = 0; at < bytes.length;) at += await secured.write(bytes.subarray(at));
    },
    close: () => secured.close(),
  };
}
