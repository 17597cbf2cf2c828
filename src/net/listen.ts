/**
 * Listening sockets. Plain TCP is accepted here: the listener of `node:tls` dies silently when file descriptors run out,
 * and tells of a connection only after its handshake.
 */
import { MailError } from "../model/errors.ts";
import { heardElsewhere } from "../model/promises.ts";
import { type ByteSocket, closeQuietly, type SocketSource } from "./byte_socket.ts";
import type { Connection } from "./connection.ts";
import { ForwardedSockets, type Forwarding } from "./forwarding.ts";
import { secureServer } from "./tls_connection.ts";
import { type ShownCertificate, type TlsIdentity, tlsIdentity } from "./tls_identity.ts";

export type { ShownCertificate } from "./tls_identity.ts";

export interface AcceptOptions extends ShownCertificate {
  /** Hears of every connection before a byte of it is read, but for a PROXY header, and has to close it. */
  readonly onIncoming: (incoming: Incoming) => void;
  /** Hears why nothing can be accepted at the moment; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
  readonly forwarding?: Forwarding | undefined;
}

/** A connection that nothing is known of but where it comes from. */
export interface Incoming {
  readonly remoteAddress: string;
  /** Does the TLS handshake, once. @throws {MailError} `unavailable` */
  secure(): Promise<Connection>;
  /** Closes at once, whatever stage it is in. Closing twice is harmless. */
  close(): void;
}

export interface Listener {
  readonly hostname: string;
  readonly port: number;
  /**
   * Begins to accept, over TLS 1.3; once. Callers that came before have waited.
   * @throws {MailError} `configuration` for a certificate that does not go with its key
   */
  accept(options: AcceptOptions): void;
  /** Shows another certificate from the next connection on. @throws {MailError} `configuration`, as `accept` does */
  show(certificate: ShownCertificate): void;
  /** Accepts no more; connections that are there stay. */
  close(): void;
}

/** Takes an address. @throws {MailError} `unavailable` where it is in use, else `configuration` */
export function listen(options: ListenOptions): Listener {
  return new TlsListener(options);
}

class TlsListener implements Listener {
  readonly #acceptor: Acceptor;
  #identity: TlsIdentity | null = null;
  #sockets: ForwardedSockets | null = null;

  constructor(options: ListenOptions) {
    this.#acceptor = new Acceptor(options);
  }

  get hostname(): string {
    return this.#acceptor.hostname;
  }

  get port(): number {
    return this.#acceptor.port;
  }

  accept(options: AcceptOptions): void {
    this.show(options);
    const { onIncoming, onTrouble, forwarding } = options;
    const sockets = new ForwardedSockets(
      forwarding,
      (socket, address) => onIncoming(new TcpIncoming(socket, address, this.#identity!)),
    );
    this.#sockets = sockets;
    this.#acceptor.accept((socket) => sockets.take(socket), onTrouble);
  }

  show(certificate: ShownCertificate): void {
    this.#identity = tlsIdentity(certificate, "TLSv1.3");
  }

  close(): void {
    this.#acceptor.close();
    this.#sockets?.close();
  }
}

class TcpIncoming implements Incoming {
  readonly remoteAddress: string;
  readonly #socket: ByteSocket;
  readonly #identity: TlsIdentity;
  readonly #closed = Promise.withResolvers<never>();
  #connection: Connection | null = null;

  constructor(socket: ByteSocket, remoteAddress: string, identity: TlsIdentity) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
    this.#identity = identity;
    heardElsewhere(this.#closed.promise); // by a handshake that is under way
  }

  async secure(): Promise<Connection> {
    this.#socket.setNoDelay(true);
    const secured = secureServer(this.#socket, this.remoteAddress, this.#identity);
    this.#connection = await Promise.race([secured, this.#closed.promise]);
    return this.#connection;
  }

  close(): void {
    this.#closed.reject(new MailError("unavailable", "Cannot continue: the connection was closed"));
    this.#connection?.close();
    closeQuietly(this.#socket);
  }
}

export interface ListenOptions {
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The flag that chooses another address. */
  readonly flag?: string | undefined;
}

/** What the system says of a connection that was reset before it was accepted. */
const resets = [
  Deno.errors.NotConnected,
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
];

const firstPauseMs = 20;
const longestPauseMs = 2_000;

/** Accepts until it is closed, whatever happens in between. */
export class Acceptor implements SocketSource {
  readonly hostname: string;
  readonly port: number;
  readonly flag: string | undefined;
  #socket: Deno.TcpListener;
  #closed = false;

  /** Takes an address. @throws {MailError} `unavailable` where it is in use, else `configuration` */
  constructor(options: ListenOptions) {
    this.#socket = bind(options);
    this.flag = options.flag;
    this.hostname = this.#socket.addr.hostname;
    this.port = this.#socket.addr.port;
  }

  /** Begins; once. `onTrouble` hears why nothing can be accepted at the moment; it is tried again. */
  async accept(
    onSocket: (socket: Deno.TcpConn) => void,
    onTrouble: (error: unknown) => void,
  ): Promise<void> {
    for (let pauseMs = firstPauseMs; !this.#closed;) {
      try {
        onSocket(await this.#socket.accept());
        pauseMs = firstPauseMs;
      } catch (error) {
        if (this.#closed) return;
        if (resets.some((kind) => error instanceof kind)) continue; // or anybody could make others wait
        onTrouble(error);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
        if (error instanceof Deno.errors.BadResource) this.#bindAgain(onTrouble);
      }
    }
  }

  /** Accepts no more; connections that are there stay. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #bindAgain(onTrouble: (error: unknown) => void): void {
    if (this.#closed) return;
    try {
      this.#socket = bind(this);
    } catch (error) {
      onTrouble(error);
    }
  }
}

function bind({ hostname, port, flag = "--listen" }: ListenOptions): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (cause) {
    const inUse = cause instanceof Deno.errors.AddrInUse;
    const reason = inUse ? "another program uses the address" : reasonOf(cause);
    throw new MailError(
      inUse ? "unavailable" : "configuration",
      `Cannot listen on ${hostname}:${port}: ${reason}`,
      { cause, hint: `Use another address with ${flag} HOST:PORT.` },
    );
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.PermissionDenied) return "it is not permitted";
  if (cause instanceof Deno.errors.AddrNotAvailable) return "the address is not this machine's";
  return "the address cannot be used";
}
