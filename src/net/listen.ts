/**
 * The listening socket. It accepts plain TCP itself: the listener of `node:tls` dies silently when file descriptors
 * run out, and tells of a connection only after its handshake.
 */
import tls from "node:tls";
import { MailError } from "../model/errors.ts";
import type { Connection } from "./connection.ts";
import { secureServer, type TlsIdentity } from "./tls_connection.ts";

export interface ListenOptions {
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** What a listener shows of itself. */
export interface ShownCertificate {
  /** The certificate, or a chain that begins with it, and its key: PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  /** SHA-256 of the certificate (DER). */
  readonly certificateDigest: Uint8Array;
}

export interface AcceptOptions extends ShownCertificate {
  /** Hears of every connection before a byte of it is read, and has to close it. */
  readonly onIncoming: (incoming: Incoming) => void;
  /** Hears why nothing can be accepted at the moment; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
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

const firstPauseMs = 20;
const longestPauseMs = 2_000;

/** Takes an address. @throws {MailError} `unavailable` where it is in use, else `configuration` */
export function listen(options: ListenOptions): Listener {
  return new TlsListener(options);
}

class TlsListener implements Listener {
  readonly hostname: string;
  readonly port: number;
  #socket: Deno.TcpListener;
  #identity: TlsIdentity | null = null;
  #closed = false;

  constructor(options: ListenOptions) {
    this.#socket = bind(options.hostname, options.port);
    this.hostname = this.#socket.addr.hostname;
    this.port = this.#socket.addr.port;
  }

  accept(options: AcceptOptions): void {
    this.show(options);
    this.#acceptAll(options);
  }

  show(certificate: ShownCertificate): void {
    this.#identity = identityOf(certificate);
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  async #acceptAll({ onIncoming, onTrouble }: AcceptOptions): Promise<void> {
    for (let pauseMs = firstPauseMs; !this.#closed;) {
      try {
        const socket = await this.#socket.accept();
        onIncoming(new TcpIncoming(socket, socket.remoteAddr.hostname, this.#identity!));
        pauseMs = firstPauseMs;
      } catch (error) {
        if (this.#closed) return;
        onTrouble(error);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
        if (error instanceof Deno.errors.BadResource) this.#bindAgain(onTrouble);
      }
    }
  }

  #bindAgain(onTrouble: (error: unknown) => void): void {
    if (this.#closed) return;
    try {
      this.#socket = bind(this.hostname, this.port);
    } catch (error) {
      onTrouble(error);
    }
  }
}

class TcpIncoming implements Incoming {
  readonly remoteAddress: string;
  readonly #socket: Deno.TcpConn;
  readonly #identity: TlsIdentity;
  readonly #closed = Promise.withResolvers<never>();
  #connection: Connection | null = null;

  constructor(socket: Deno.TcpConn, remoteAddress: string, identity: TlsIdentity) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
    this.#identity = identity;
    this.#closed.promise.catch(() => {}); // heard of only by a handshake that is under way
  }

  async secure(): Promise<Connection> {
    this.#socket.setNoDelay(true);
    const secured = secureServer(this.#socket, this.remoteAddress, this.#identity);
    this.#connection = await Promise.race([secured, this.#closed.promise]);
    return this.#connection;
  }

  close(): void {
    this.#closed.reject(new MailError("unavailable", "Cannot go on: the connection was closed"));
    this.#connection?.close();
    try {
      this.#socket.close();
    } catch {
      // closed before
    }
  }
}

function identityOf(options: ShownCertificate): TlsIdentity {
  const { certificate, privateKey, certificateDigest } = options;
  try {
    const context = tls.createSecureContext({
      cert: certificate,
      key: privateKey,
      minVersion: "TLSv1.3",
    });
    return { context, certificateDigest };
  } catch (cause) {
    throw new MailError("configuration", "Cannot use the TLS certificate with its key", { cause });
  }
}

function bind(hostname: string, port: number): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (cause) {
    const inUse = cause instanceof Deno.errors.AddrInUse;
    const reason = inUse ? "something listens there already" : reasonOf(cause);
    throw new MailError(
      inUse ? "unavailable" : "configuration",
      `Cannot listen on ${hostname}:${port}: ${reason}`,
      { cause, hint: "Choose another address with --listen host:port" },
    );
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.PermissionDenied) return "it is not permitted";
  if (cause instanceof Deno.errors.AddrNotAvailable) return "the address is not this machine's";
  return "the address cannot be used";
}
