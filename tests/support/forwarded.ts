/** A server with all its listeners in this process, reached as a forwarder reaches it. */
import { openReception } from "../../src/gateway/reception/listen.ts";
import type { Connection } from "../../src/net/connection.ts";
import { secureClient } from "../../src/net/tls_connection.ts";
import { startServer, type TlsServer } from "./server.ts";

export const listeners = ["mailctl", "smtp", "smtps"] as const;

export type ListenerName = typeof listeners[number];

const any = { hostname: "127.0.0.1", port: 0 };

/** Starts it. Programs of its machine need no TLS for SMTP. */
export function startWithListeners(
  options: NonNullable<Parameters<typeof startServer>[0]>,
): Promise<TlsServer> {
  return startServer({
    metrics: { host: "127.0.0.1", port: 0 },
    openListener: (parts) =>
      Promise.resolve(openReception({
        ...parts,
        smtp: any,
        submissions: any,
        allowsPlainLocal: true,
        allowsLegacy: false,
        postmaster: null,
      })),
    ...options,
  });
}

/** Connects to a listener and says this first. */
export function dialWith({ ready }: TlsServer, name: ListenerName, first: Uint8Array) {
  return dialAddressWith(new Map(ready.extraAddresses).get(name) ?? ready.address, first);
}

/** The same, by `host:port`. */
export async function dialAddressWith(address: string, first: Uint8Array): Promise<Deno.TcpConn> {
  const [hostname = "", port] = address.split(":");
  const socket = await Deno.connect({ hostname, port: Number(port) });
  socket.setNoDelay(true);
  await socket.write(first);
  return socket;
}

/** Goes on inside TLS, whatever certificate is shown. */
export async function insideTls(socket: Deno.TcpConn): Promise<Connection> {
  return (await secureClient(socket, { host: "127.0.0.1", port: 0 }, { hasAuthorities: false }))
    .connection;
}

/** Reads to the end, which a reset is as well, and closes. */
export async function readRest(socket: Deno.TcpConn): Promise<string> {
  const read = new Uint8Array(1_000);
  let text = "";
  for (let count; (count = await socket.read(read).catch(() => null)) !== null;) {
    text += new TextDecoder("latin1").decode(read.subarray(0, count));
  }
  socket.close();
  return text;
}
