/** The server: opens keys, store and listener, gives every connection its place, and ends in good order. */
import type { ServerFingerprint } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import type { Connection } from "../net/connection.ts";
import { aborted } from "../net/deadline.ts";
import { formatHostPort } from "../net/host_port.ts";
import { type Incoming, listen, type Listener } from "../net/listen.ts";
import type { LocalListener } from "../net/local_socket.ts";
import type { PageServer } from "../net/plain_http.ts";
import type { DirectoryPolicy } from "../service/directory.ts";
import { defaultRegistration, type Registration } from "../service/invites.ts";
import type { Quota } from "../store/administration_store.ts";
import type { Store } from "../store/store.ts";
import { openAdminChannel } from "./admin/channel.ts";
import type { ConnectionSlot } from "./connection_table.ts";
import { type ConversationContext, makeContext } from "./context.ts";
import { Conversation } from "./conversation.ts";
import { type ExtraListener, type ListenerParts, listenerPartsOf } from "./extra_listener.ts";
import {
  certificateNames,
  type IdentityOptions,
  openIdentity,
  reopenCertificate,
  type ServerIdentity,
} from "./key/identity.ts";
import type { Log } from "./log.ts";
import { serveMetrics } from "./metrics_pages.ts";
import { type ServerLimits, sweepIntervalMs } from "./server_limits.ts";

export interface ServeOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The folder of the server's keys; made where there is none. */
  readonly keys: string;
  /** Called once; the server closes what it opens. */
  readonly openStore: () => Promise<Store>;
  /** Asked each time: it may change while the server runs. */
  readonly maxMessageBytes?: (() => number) | undefined;
  /** How long mail is kept; null: for ever. Asked each time, as the other. */
  readonly keepMs?: (() => number | null) | undefined;
  /** Where programs of this machine read metrics and health over plain HTTP; null: nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number } | null | undefined;
  /** Lets the server's key name a successor and retire. */
  readonly rotateKey?: boolean | undefined;
  /** The folder where administrators find the server; only its user may enter it. Null: they do not. */
  readonly adminFolder?: string | null | undefined;
  /** Who may make an account: open on loopback, else invite, unless it is said. */
  readonly registration?: Registration | undefined;
  /** What accounts are told of others; `exact` unless it is said. */
  readonly directory?: DirectoryPolicy | undefined;
  /** What a mailbox may hold that has no quota of its own; no bound where there is none. */
  readonly quota?: Quota | undefined;
  /** Opens another way in, once the server is ready for it; it is closed with the server. */
  readonly openListener?: ((parts: ListenerParts) => Promise<ExtraListener>) | undefined;
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
  readonly fingerprint: ServerFingerprint;
  readonly domain: string;
  /** What else it listens on: a name of the protocol, and `host:port`. */
  readonly extraAddresses: ExtraListener["addresses"];
  /** Port of the metrics; null where there are none. */
  readonly metricsPort: number | null;
  /** Shows the certificate that is in the key folder now. @throws {MailError} `configuration`: the old one stays */
  reload(): Promise<void>;
}

/**
 * Serves until the signal.
 * @throws {MailError} `configuration`, `unavailable` for an address in use, and what the store refuses.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const store = await options.openStore();
  try {
    const server = await Server.start(options, store);
    try {
      await server.openAdmin(options);
      await options.onReady?.(server.ready);
      await aborted(options.signal);
    } finally {
      await server.stop();
    }
  } finally {
    await store.close();
  }
}

class Server {
  readonly ready: Ready;
  readonly #context: ConversationContext;
  readonly #listener: Listener;
  readonly #pages: PageServer | null;
  readonly #extra: ExtraListener | null;
  readonly #running = new Map<ConnectionSlot, Promise<void>>();
  /** Connections that have not got through TLS. */
  readonly #securing = new Set<Incoming>();
  readonly #conversations = new Set<Conversation>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  #admin: LocalListener | null = null;

  private constructor(parts: ServerParts) {
    const { context, listener, identity, pages, extra, domain, identityOptions } = parts;
    this.#context = context;
    this.#listener = listener;
    this.#pages = pages;
    this.#extra = extra;
    this.ready = {
      address: formatHostPort(listener.hostname, listener.port),
      fingerprint: identity.fingerprint,
      domain,
      extraAddresses: extra?.addresses ?? [],
      metricsPort: pages?.port ?? null,
      reload: () => this.#reload({ ...identityOptions, now: Date.now() }),
    };
    listener.accept({
      ...identity.tls,
      certificateDigest: identity.certificateDigest,
      onIncoming: (incoming) => this.#welcome(incoming),
      onTrouble: (error) => context.log.error("cannot accept connections", error),
    });
    this.#sweeper = setInterval(() => this.#sweep(), sweepIntervalMs(context.limits));
    context.dueTimer.start();
  }

  static async start(options: ServeOptions, store: Store): Promise<Server> {
    const { listen: { host: hostname, port } } = options;
    const listener = listen({ hostname, port }); // a server that cannot start changes no key
    let pages: PageServer | null = null;
    let extra: ExtraListener | null = null;
    try {
      const { domain } = await store.identity();
      const names = certificateNames(domain, hostname);
      const { keys: folder, rotateKey } = options;
      const identityOptions = { folder, names, now: Date.now() };
      const identity = await openIdentity({ ...identityOptions, rotateKey });
      const registration = options.registration ?? defaultRegistration(hostname);
      const context = await makeContext({
        ...options,
        ...identity,
        registration,
        store,
        now: Date.now,
        clock: () => performance.now(),
      });
      pages = options.metrics ? serveMetrics(options.metrics, context) : null;
      extra = await options.openListener?.(listenerPartsOf(context, identity)) ?? null;
      const parts = { context, listener, identity, pages, extra, domain, identityOptions };
      const server = new Server(parts);
      const { address, fingerprint } = server.ready;
      context.log.info("started", { address, fingerprint: fingerprint.toHex() });
      return server;
    } catch (error) {
      listener.close();
      await pages?.close();
      await extra?.close(0);
      throw error;
    }
  }

  /** Opens the door for administrators, where there is to be one. @throws {MailError} `configuration` */
  async openAdmin({ adminFolder = null, log }: ServeOptions): Promise<void> {
    if (adminFolder === null) return;
    const { administration, aliases, invites, table } = this.#context;
    const services = {
      administration,
      aliases,
      invites,
      ready: this.ready,
      startedAt: Date.now(),
      connections: () => table.size,
      accountsOnline: () => table.accountsOnline,
    };
    this.#admin = await openAdminChannel(adminFolder, services, log);
  }

  /** Accepts no more, lets what is in flight finish for a while, and cuts the rest. */
  async stop(): Promise<void> {
    const { limits, table, dueWork, dueTimer, log } = this.#context;
    this.#listener.close();
    await this.#pages?.close();
    for (const incoming of this.#securing) incoming.close();
    for (const conversation of this.#conversations) conversation.finish();
    let cut = 0;
    const late = setTimeout(() => cut = table.closeAll(), limits.drainTimeoutMs);
    const extra = this.#extra?.close(limits.drainTimeoutMs);
    await Promise.all([this.#admin?.close(), extra, ...this.#running.values()]);
    clearTimeout(late);
    clearInterval(this.#sweeper);
    dueTimer.stop();
    await dueWork.stop();
    log.info("stopped", cut === 0 ? {} : { cut });
  }

  #welcome(incoming: Incoming): void {
    const { table, clock, limits, log, metrics } = this.#context;
    const address = incoming.remoteAddress;
    const now = clock();
    metrics.count("connections_total");
    const slot = this.#mayTry(address) ? table.admit(address, now, () => incoming.close()) : null;
    if (slot === null) {
      log.warning("limit hit", { address, operation: "connect" });
      return incoming.close();
    }
    slot.deadline = now + limits.handshakeTimeoutMs;
    slot.waitingFor = "a TLS handshake";
    this.#running.set(slot, this.#attend(incoming, slot));
  }

  /** Asked before TLS: a handshake costs this side four times what it costs the other. */
  #mayTry(address: string): boolean {
    try {
      this.#context.admitHandshake(address);
      return true;
    } catch (error) {
      if (error instanceof MailError && error.code === "try_later") return false;
      throw error;
    }
  }

  async #attend(incoming: Incoming, slot: ConnectionSlot): Promise<void> {
    try {
      await this.#converse(await this.#secure(incoming), slot);
    } catch (error) {
      if (!isCut(error)) this.#context.log.error("internal", error, { address: slot.address });
    } finally {
      incoming.close();
      this.#context.table.leave(slot);
      this.#running.delete(slot);
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

  async #converse(connection: Connection, slot: ConnectionSlot): Promise<void> {
    const conversation = new Conversation(this.#context, connection, slot);
    this.#conversations.add(conversation);
    try {
      await conversation.run();
    } finally {
      this.#conversations.delete(conversation);
    }
  }

  async #reload(options: IdentityOptions): Promise<void> {
    const { tls, certificateDigest } = await reopenCertificate(options);
    this.#listener.show({ ...tls, certificateDigest });
    this.#extra?.show({ ...tls, certificateDigest });
    this.#context.log.info("reloaded", { certificate: certificateDigest.toHex() });
  }

  #sweep(): void {
    const { table, clock, log } = this.#context;
    for (const { address, waitingFor } of table.sweep(clock())) {
      log.info("deadline over", { address, waitingFor });
    }
  }
}

/** What a server is put together from. */
interface ServerParts {
  readonly context: ConversationContext;
  readonly listener: Listener;
  readonly identity: ServerIdentity;
  readonly identityOptions: IdentityOptions;
  readonly pages: PageServer | null;
  readonly extra: ExtraListener | null;
  readonly domain: string;
}

/** A peer that goes away, or never spoke TLS, is nobody's defect. */
function isCut(error: unknown): boolean {
  return error instanceof MailError && error.code === "unavailable";
}
