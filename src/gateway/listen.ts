/** Where mail programs come in: connections counted, secured where TLS comes first, and closed at the end. */
import { utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { bestEffort } from "../model/promises.ts";
import type { SocketSource } from "../net/byte_socket.ts";
import { Acceptor, type ListenOptions } from "../net/listen.ts";
import type { Connection } from "../net/connection.ts";
import { ForwardedSockets, type Forwarding } from "../net/forwarding.ts";
import { inTime } from "../net/deadline.ts";
import { Places, type Taken } from "./places.ts";
import { TcpConnection } from "../net/tcp_connection.ts";
import type { TlsIdentity } from "../net/tls_identity.ts";

/** What a connection tells of itself while it is spoken on. */
export interface ConnectionPlace {
  /** It is at work from now on: another one makes room first. */
  readonly engage: () => void;
}

export interface ProgramListenerOptions extends ListenOptions {
  /** Speaks on a connection until it is over. */
  readonly speak: (connection: Connection, place: ConnectionPlace) => Promise<void>;
  /** Where connections come from in the place of the address. */
  readonly source?: SocketSource | undefined;
  readonly forwarding?: Forwarding | undefined;
  /** What one connection too many is told, with its CRLF. */
  readonly refusal: string;
  /** Set where TLS comes first, before any word of the protocol. */
  readonly implicitTls?: TlsIdentity | undefined;
  readonly maxConnections: number;
  /** Of one caller: an IPv4 address, or an IPv6 network of 64 bits. Not given where all callers are on this machine. */
  readonly maxConnectionsPerAddress?: number | undefined;
  /** Half full or fuller, one that is not at work goes after this long; it may stay where there is none. */
  readonly idleMs?: number | undefined;
  /** Counts a connection, before anything is done for it. @throws {MailError} to refuse it */
  readonly admit?: ((address: string) => void) | undefined;
  /** Hears why nothing can be accepted at the moment, and of defects. */
  readonly onTrouble: (error: unknown) => void;
  /** Milliseconds since any moment; never set back. */
  readonly clock?: (() => number) | undefined;
}

export interface ListeningForPrograms {
  readonly hostname: string;
  readonly port: number;
  /** Accepts no more; connections that are there stay. */
  stop(): void;
  /** Accepts no more, and closes every connection. */
  close(): void;
}

/** Takes an address and begins. @throws {MailError} `unavailable` where it is in use, else `configuration` */
export function listenForPrograms(options: ProgramListenerOptions): ListeningForPrograms {
  const acceptor = options.source ?? new Acceptor(options);
  const listener = new ProgramListener(options);
  const sockets = new ForwardedSockets(
    options.forwarding,
    (socket, address) => listener.take(new TcpConnection(socket, address)),
  );
  acceptor.accept((socket) => sockets.take(socket), options.onTrouble);
  const stop = () => {
    acceptor.close();
    sockets.close();
  };
  return {
    hostname: acceptor.hostname,
    port: acceptor.port,
    stop,
    close: () => {
      stop();
      listener.close();
    },
  };
}

class ProgramListener {
  readonly #options: ProgramListenerOptions;
  readonly #places = new Places();

  constructor(options: ProgramListenerOptions) {
    this.#options = options;
  }

  take(connection: TcpConnection): void {
    if (!this.#mayEnter(connection)) return refuse(connection, this.#options);
    const place = this.#places.add(connection, this.#now());
    this.#speak(connection, place).catch(this.#options.onTrouble).finally(() => {
      connection.close();
      this.#places.remove(place);
    });
  }

  close(): void {
    this.#places.closeAll();
  }

  async #speak(connection: TcpConnection, taken: Taken): Promise<void> {
    const { implicitTls, speak } = this.#options;
    const place = { engage: () => void (taken.isAtWork = true) };
    if (implicitTls === undefined) return await speak(connection, place);
    const secured = await inTime(
      connection.secure(implicitTls),
      limits.handshakeTimeoutMs,
      () => connection.close(),
    ).catch(() => null); // no TLS, or not in time
    if (secured !== null) await speak(secured, place).finally(() => secured.close());
  }

  #mayEnter({ remoteAddress }: TcpConnection): boolean {
    const { maxConnections, maxConnectionsPerAddress, idleMs, admit } = this.#options;
    try {
      admit?.(remoteAddress);
    } catch (error) {
      if (!(error instanceof MailError)) this.#options.onTrouble(error);
      return false;
    }
    if (idleMs !== undefined && this.#places.size >= maxConnections / 2) {
      this.#places.closeIdle(this.#now() - idleMs);
    }
    if (this.#places.of(remoteAddress) >= (maxConnectionsPerAddress ?? Infinity)) return false;
    return this.#places.size < maxConnections || this.#places.evictFor(remoteAddress);
  }

  #now(): number {
    return (this.#options.clock ?? (() => performance.now()))();
  }
}

function refuse(connection: TcpConnection, { refusal, implicitTls }: ProgramListenerOptions): void {
  const told = implicitTls === undefined ? connection.write(utf8(refusal)) : Promise.resolve();
  bestEffort(told).finally(() => connection.close());
}
