/** The server: opens keys, store and listener, gives every connection its place, and ends in good order. */
import { MailError } from "../model/errors.ts";
import type { Connection } from "../net/connection.ts";
import { type Incoming, listen, type Listener } from "../net/listen.ts";
import type { Store } from "../store/store.ts";
import type { Seat } from "./connection_table.ts";
import { type ConversationContext, makeContext } from "./context.ts";
import { Conversation } from "./conversation.ts";
import { certificateNames, openIdentity } from "./identity.ts";
import type { Log } from "./log.ts";
import { type ServerLimits, sweepIntervalMs } from "./server_limits.ts";

export interface ServeOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The folder of the server's keys; made where there is none. */
  readonly keys: string;
  /** Called once; the server closes what it opens. */
  readonly openStore: () => Promise<Store>;
  readonly maxMessageBytes?: number | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  readonly log: Log;
  /** What `ping` tells of this program. */
  readonly software: string;
  /** Ends the server: it finishes what is in flight, for at most `limits.drainTimeoutMs`. */
  readonly signal: AbortSignal;
  readonly onReady?: ((ready: Ready) => void | Promise<void>) | undefined;
}

/** What a server tells when it can be reached. */
export interface Ready {
  /** `host:port`, or `[v6]:port`. */
  readonly address: string;
  /** SHA-256 of the server's key: what clients pin. */
  readonly fingerprint: Uint8Array;
  readonly domain: string;
}

/**
 * Serves until the signal.
 * @throws {MailError} `configuration`, `unavailable` for an address in use, and what the store refuses.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const store = await options.openStore();
  try {
    const server = await Server.start(options, store);
    await options.onReady?.(server.ready);
    await aborted(options.signal);
    await server.stop();
  } finally {
    await store.close();
  }
}

/** How often expired mail is looked for. Its reader never sees it; its sender waits so long for the notice. */
const settleIntervalMs = 5_000;

class Server {
  readonly ready: Ready;
  readonly #context: ConversationContext;
  readonly #listener: Listener;
  readonly #running = new Map<Seat, Promise<void>>();
  /** Connections that have not got through TLS. */
  readonly #securing = new Set<Incoming>();
  readonly #conversations = new Set<Conversation>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  readonly #settler: ReturnType<typeof setInterval>;

  private constructor(context: ConversationContext, listener: Listener, ready: Ready) {
    this.#context = context;
    this.#listener = listener;
    this.ready = ready;
    listener.accept({
      onIncoming: (incoming) => this.#welcome(incoming),
      onTrouble: (error) => context.log.error("cannot accept connections", error),
    });
    this.#sweeper = setInterval(() => this.#sweep(), sweepIntervalMs(context.limits));
    this.#settler = setInterval(() => this.#settle(), settleIntervalMs);
    this.#settle(); // what an earlier run left
  }

  static async start(options: ServeOptions, store: Store): Promise<Server> {
    const { listen: { host: hostname, port }, log } = options;
    const { domain } = await store.identity();
    const names = certificateNames(domain, hostname);
    const identity = await openIdentity({ folder: options.keys, names, now: Date.now() });
    const context = await makeContext({ ...options, store, key: identity.key, now: Date.now });
    const { certificateDigest, fingerprint, tls } = identity;
    const listener = listen({ hostname, port, ...tls, certificateDigest });
    const address = formatAddress(listener.hostname, listener.port);
    log.info("started", { address, fingerprint: fingerprint.toHex() });
    return new Server(context, listener, { address, fingerprint, domain });
  }

  /** Accepts no more, lets what is in flight finish for a while, and cuts the rest. */
  async stop(): Promise<void> {
    const { limits, table, settling, log } = this.#context;
    this.#listener.close();
    for (const incoming of this.#securing) incoming.close();
    for (const conversation of this.#conversations) conversation.finish();
    const late = setTimeout(() => table.closeAll(), limits.drainTimeoutMs);
    await Promise.all(this.#running.values());
    clearTimeout(late);
    clearInterval(this.#sweeper);
    clearInterval(this.#settler);
    await settling.stop();
    log.info("stopped");
  }

  #welcome(incoming: Incoming): void {
    const { table, clock, limits, log } = this.#context;
    const address = incoming.remoteAddress;
    const now = clock();
    const seat = table.admit(address, now, () => incoming.close());
    if (seat === null) {
      log.warning("limit hit", { address, operation: "connect" });
      return incoming.close();
    }
    seat.deadline = now + limits.handshakeTimeoutMs;
    seat.waitingFor = "a TLS handshake";
    this.#running.set(seat, this.#attend(incoming, seat));
  }

  async #attend(incoming: Incoming, seat: Seat): Promise<void> {
    try {
      await this.#converse(await this.#secure(incoming), seat);
    } catch (error) {
      if (!isCut(error)) this.#context.log.error("internal", error, { address: seat.address });
    } finally {
      incoming.close();
      this.#context.table.leave(seat);
      this.#running.delete(seat);
    }
  }

  async #secure(incoming: Incoming): Promise<Connection> {
    this.#securing.add(incoming);
    try {
      return await incoming.secure();
    } finally {
      this.#securing.delete(incoming);
    }
  }

  async #converse(connection: Connection, seat: Seat): Promise<void> {
    const conversation = new Conversation(this.#context, connection, seat);
    this.#conversations.add(conversation);
    try {
      await conversation.run();
    } finally {
      this.#conversations.delete(conversation);
    }
  }

  #settle(): void {
    const { settling, log } = this.#context;
    settling.run().catch((error) => log.error("cannot settle what is due", error));
  }

  #sweep(): void {
    const { table, clock, log } = this.#context;
    for (const { address, waitingFor } of table.sweep(clock())) {
      log.info("deadline over", { address, waitingFor });
    }
  }
}

/** A peer that goes away, or never spoke TLS, is nobody's defect. */
function isCut(error: unknown): boolean {
  return error instanceof MailError && error.code === "unavailable";
}

function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
