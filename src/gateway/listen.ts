/** Where mail programs come in: connections counted, secured where TLS comes first, and closed at the end. */
import { utf8 } from "../model/bytes.ts";
import { limits } from "../model/limits.ts";
import { bestEffort } from "../model/promises.ts";
import { Acceptor, type ListenOptions } from "../net/listen.ts";
import type { Connection } from "../net/connection.ts";
import { inTime } from "../net/deadline.ts";
import { TcpConnection } from "../net/tcp_connection.ts";
import type { TlsIdentity } from "../net/tls_identity.ts";

export interface FaceOptions extends ListenOptions {
  /** Speaks on a connection until it is over. */
  readonly speak: (connection: Connection) => Promise<void>;
  /** What one connection too many is told, with its CRLF. */
  readonly refusal: string;
  /** Set where TLS comes first, before any word of the protocol. */
  readonly implicitTls?: TlsIdentity | undefined;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Hears why nothing can be accepted at the moment, and of defects. */
  readonly onTrouble: (error: unknown) => void;
}

export interface FaceListener {
  readonly hostname: string;
  readonly port: number;
  /** Accepts no more; connections that are there stay. */
  stop(): void;
  /** Accepts no more, and closes every connection. */
  close(): void;
}

/** Takes an address and begins. @throws {MailError} `unavailable` where it is in use, else `configuration` */
export function listenForPrograms(options: FaceOptions): FaceListener {
  const acceptor = new Acceptor(options);
  const face = new Face(options);
  acceptor.accept((socket) => face.take(socket), options.onTrouble);
  return {
    hostname: acceptor.hostname,
    port: acceptor.port,
    stop: () => acceptor.close(),
    close: () => {
      acceptor.close();
      face.close();
    },
  };
}

class Face {
  readonly #options: FaceOptions;
  readonly #sockets = new Set<TcpConnection>();

  constructor(options: FaceOptions) {
    this.#options = options;
  }

  take(socket: Deno.TcpConn): void {
    const connection = new TcpConnection(socket);
    if (this.#isFull(connection.remoteAddress)) return refuse(connection, this.#options);
    this.#sockets.add(connection);
    this.#speak(connection).catch(this.#options.onTrouble).finally(() => {
      connection.close();
      this.#sockets.delete(connection);
    });
  }

  close(): void {
    for (const connection of this.#sockets) connection.close();
  }

  async #speak(connection: TcpConnection): Promise<void> {
    const { implicitTls, speak } = this.#options;
    if (implicitTls === undefined) return await speak(connection);
    const secured = await inTime(
      connection.secure(implicitTls),
      limits.handshakeTimeoutMs,
      () => connection.close(),
    ).catch(() => null); // no TLS, or not in time
    if (secured !== null) await speak(secured).finally(() => secured.close());
  }

  #isFull(address: string): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#options;
    if (this.#sockets.size >= maxConnections) return true;
    const same = [...this.#sockets].filter(({ remoteAddress }) => remoteAddress === address);
    return same.length >= maxConnectionsPerAddress;
  }
}

function refuse(connection: TcpConnection, { refusal, implicitTls }: FaceOptions): void {
  const told = implicitTls === undefined ? connection.write(utf8(refusal)) : Promise.resolve();
  bestEffort(told).finally(() => connection.close());
}
