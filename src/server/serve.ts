/** The server: opens keys, store and listener, gives every connection its place, and ends in good order. */
import { loadSyncCrypto } from "../crypto/load_sync_crypto.ts";
import { isFailure, MailError } from "../model/errors.ts";
import type { AccountId } from "../model/ids.ts";
import type { Connection } from "../net/connection.ts";
import { aborted, isLost } from "../net/deadline.ts";
import type { Forwarding } from "../net/forwarding.ts";
import { formatHostPort } from "../net/host_port.ts";
import { type Incoming, listen, type Listener } from "../net/listen.ts";
import type { LocalListener } from "../net/local_socket.ts";
import type { PageServer } from "../net/plain_http.ts";
import { defaultRegistration } from "../service/invites.ts";
import type { Store } from "../store/store.ts";
import { openAdminChannel } from "./admin/channel.ts";
import type { ConnectionSlot } from "./connection_table.ts";
import { type ConversationContext, makeContext } from "./context.ts";
import { Conversation } from "./conversation.ts";
import { type ExtraListener, listenerPartsOf } from "./extra_listener.ts";
import { certificateNames, type IdentityOptions, reopenCertificate } from "./key/identity.ts";
import { LiveKey } from "./key/live_key.ts";
import { serveMetrics } from "./metrics_pages.ts";
import { OnlineNotes } from "./online_notes.ts";
import type { Ready, ServeOptions } from "./serve_options.ts";
import { cutMs, sweepIntervalMs } from "./server_limits.ts";
import { sharedSettings } from "./shared_settings.ts";
import { logTrouble, logWarnings } from "./store_trouble.ts";
import { CertificateWatch, ClockWatch, warnOfQuota } from "./warnings.ts";

/**
 * Serves until the signal.
 * @throws {MailError} `configuration`, `unavailable` for an address in use, and what the store refuses.
 */
export async function serve(options: ServeOptions): Promise<void> {
  await loadSyncCrypto();
  const store = await options.openStore();
  logTrouble(store, options.log);
  try {
    const server = await Server.start(options, store);
    try {
      await server.openAdmin(options);
      await options.onReady?.(server.ready);
      const wrong = await Promise.race([aborted(options.signal), store.unusable()]);
      if (wrong instanceof MailError) throw wrong;
      await server.drain(options.drainMs ?? 0);
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
  readonly #key: LiveKey;
  readonly #listener: Listener;
  readonly #pages: PageServer | null;
  readonly #extra: ExtraListener | null;
  readonly #running = new Map<ConnectionSlot, Promise<void>>();
  /** Connections that have not got through TLS. */
  readonly #securing = new Set<Incoming>();
  readonly #conversations = new Set<Conversation>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  readonly #stopWatching: () => void;
  readonly #onlineNotes: OnlineNotes | null;
  readonly #certificate: CertificateWatch;
  readonly #clockWatch: ClockWatch;
  #admin: LocalListener | null = null;

  private constructor(parts: ServerParts) {
    const { context, key, listener, pages, extra, domain, identityOptions, forwarding } = parts;
    this.#context = context;
    this.#key = key;
    this.#listener = listener;
    this.#pages = pages;
    this.#extra = extra;
    this.ready = {
      address: formatHostPort(listener.hostname, listener.port),
      fingerprint: key.fingerprint,
      domain,
      extraAddresses: extra?.addresses ?? [],
      metricsPort: pages?.port ?? null,
      reload: () => this.#reload({ ...identityOptions, now: Date.now() }),
    };
    listener.accept({
      ...key.identity.tls,
      certificateDigest: key.identity.certificateDigest,
      onIncoming: (incoming) => this.#welcome(incoming),
      onTrouble: (error) => context.log.error("cannot accept connections", error),
      forwarding,
    });
    this.#sweeper = setInterval(() => this.#sweep(), sweepIntervalMs(context.limits));
    const { store, table, log, now, clock } = context;
    this.#stopWatching = store.watchSessions((id) => this.#checkSessions(id));
    this.#onlineNotes = parts.isDirectoryOpen ? new OnlineNotes(store, table) : null;
    this.#certificate = new CertificateWatch(log);
    this.#clockWatch = new ClockWatch(log, now, clock);
    context.dueTimer.start();
  }

  static async start(options: ServeOptions, store: Store): Promise<Server> {
    const { listen: { host: hostname, port }, forwarders = [], signal } = options;
    const listener = listen({ hostname, port }); // a server that cannot start changes no key
    let pages: PageServer | null = null;
    let extra: ExtraListener | null = null;
    let key: LiveKey | null = null;
    try {
      const { domain } = await store.identity();
      const names = certificateNames(domain, hostname);
      const { keys: folder, rotateKey } = options;
      const identityOptions = { folder, names, now: Date.now(), log: options.log };
      const live = key = await LiveKey.open(store, { ...identityOptions, rotateKey }, options.log);
      const registration = options.registration ??
        (forwarders.length > 0 ? "invite" : defaultRegistration(hostname));
      const context = await makeContext({
        ...options,
        key: live.identity.key,
        successions: () => live.successions,
        registration,
        store,
        now: () => store.now(),
        clock: () => performance.now(),
      });
      const onRefused = (address: string, reason: string) =>
        context.log.warning("PROXY header refused", { address, reason });
      const forwarding = { forwarders, onRefused };
      pages = options.metrics
        ? serveMetrics(options.metrics, context, { forwarders, ending: signal })
        : null;
      extra = await options.openListener?.(listenerPartsOf(context, live.identity, forwarding)) ??
        null;
      const isDirectoryOpen = options.directory === "all";
      const parts = { context, key, listener, pages, extra, domain, identityOptions, forwarding };
      await store.noteSettings(() => sharedSettings(options)); // before anything is removed by them
      const server = new Server({ ...parts, isDirectoryOpen });
      const { address, fingerprint } = server.ready;
      context.log.info("started", { address, fingerprint: fingerprint.toHex() });
      await server.#certificate.show(live.identity.tls.certificate);
      warnOfQuota(context.log, options.quota, context.maxMessageBytes());
      await logWarnings(store, context.log);
      return server;
    } catch (error) {
      await key?.stop();
      listener.close();
      pages?.close();
      await extra?.close(0);
      throw error;
    }
  }

  /** Opens the administrator's socket, where there is to be one. @throws {MailError} `configuration` */
  async openAdmin(options: ServeOptions): Promise<void> {
    const { adminFolder = null, forwarders = [], data = null, log } = options;
    if (adminFolder === null) return;
    // Behind a forwarder clients come by an address that only its administrator knows.
    const address = forwarders.length > 0 ? null : this.ready.address;
    const { administration, aliases, invites, table, store, now } = this.#context;
    const services = {
      administration,
      aliases,
      invites,
      server: () => ({ address, domain: this.ready.domain, fingerprint: this.#key.fingerprint }),
      data,
      rotateKey: () => this.#key.rotate(),
      now,
      startedAt: now(),
      warnings: () => store.warnings(),
      connections: () => table.size,
      accountsOnline: () => table.accountsOnline,
    };
    this.#admin = await openAdminChannel(adminFolder, services, log);
  }

  /** Goes on for a while, so that nobody is sent here any more when it ends. */
  async drain(forMs: number): Promise<void> {
    if (forMs === 0) return;
    this.#context.log.info("draining", { seconds: forMs / 1000 });
    await new Promise((resolve) => setTimeout(resolve, forMs));
  }

  /** Accepts no more, lets what is in flight finish for a while, and cuts the rest. */
  async stop(): Promise<void> {
    const { limits, table, dueWork, dueTimer, log } = this.#context;
    this.#listener.close();
    const keyStops = this.#key.stop();
    for (const incoming of this.#securing) incoming.close();
    for (const conversation of this.#conversations) conversation.finish();
    let cut = 0;
    const late = setTimeout(() => cut = table.closeAll(), limits.drainTimeoutMs);
    const extra = this.#extra?.close(limits.drainTimeoutMs);
    const ends = Promise.all([this.#admin?.close(), keyStops, extra, ...this.#running.values()]);
    await Promise.race([ends, aborted(AbortSignal.timeout(limits.drainTimeoutMs + cutMs))]);
    this.#pages?.close();
    clearTimeout(late);
    clearInterval(this.#sweeper);
    this.#stopWatching();
    this.#onlineNotes?.stop();
    this.#certificate.stop();
    dueTimer.stop();
    await Promise.race([dueWork.stop(), aborted(AbortSignal.timeout(cutMs))]);
    log.info("stopped", cut === 0 ? {} : { cut });
  }

  /** Closes the connections whose session another process has ended; null: of whatever account. */
  #checkSessions(account: AccountId | null): void {
    for (const conversation of this.#conversations) void conversation.endIfOver(account);
    void this.#context.appPasswords.checkAgain(account);
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
      if (isFailure(error, "try_later")) return false;
      throw error;
    }
  }

  async #attend(incoming: Incoming, slot: ConnectionSlot): Promise<void> {
    try {
      await this.#converse(await this.#secure(incoming), slot);
    } catch (error) {
      if (!isLost(error)) this.#context.log.error("internal", error, { address: slot.address });
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
    const context = { ...this.#context, key: await this.#key.take() };
    const conversation = new Conversation(context, connection, slot);
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
    await this.#certificate.show(tls.certificate);
    this.#context.log.info("reloaded", { certificate: certificateDigest.toHex() });
  }

  #sweep(): void {
    this.#clockWatch.look();
    const { table, clock, log } = this.#context;
    for (const { address, waitingFor } of table.sweep(clock())) {
      log.info("deadline over", { address, waitingFor });
    }
  }
}

/** What a server is put together from. */
interface ServerParts {
  /** Accounts are told who is logged in. */
  readonly isDirectoryOpen: boolean;
  readonly context: ConversationContext;
  readonly key: LiveKey;
  readonly listener: Listener;
  readonly identityOptions: IdentityOptions;
  readonly pages: PageServer | null;
  readonly extra: ExtraListener | null;
  readonly domain: string;
  readonly forwarding: Forwarding;
}
