/**
 * A listening TCP socket. Plain TCP is accepted here: the listener of `node:tls` dies silently when file descriptors
 * run out, and tells of a connection only after its handshake.
 */
import { MailError } from "../model/errors.ts";

export interface ListenOptions {
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The flag that chooses another address. */
  readonly flag?: string | undefined;
}

const firstPauseMs = 20;
const longestPauseMs = 2_000;

/** Accepts until it is closed, whatever happens in between. */
export class Acceptor {
  readonly hostname: string;
  readonly port: number;
  readonly flag: string | undefined;
  #socket: Deno.TcpListener;
  #closed = false;

  /** Takes an address. @throws {MailError} `unavailable` where it is in use, else `configuration` */
  constructor(options: ListenOptions) {
    this.#socket = bind(options);
    // Telling of a failure in this file reads its source map, once: without a descriptor left the runtime would panic.
    void new Error().stack;
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
    const reason = inUse ? "something listens there already" : reasonOf(cause);
    throw new MailError(
      inUse ? "unavailable" : "configuration",
      `Cannot listen on ${hostname}:${port}: ${reason}`,
      { cause, hint: `Choose another address with ${flag} host:port` },
    );
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.PermissionDenied) return "it is not permitted";
  if (cause instanceof Deno.errors.AddrNotAvailable) return "the address is not this machine's";
  return "the address cannot be used";
}
