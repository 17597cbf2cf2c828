/** A real server in this process, over a pipe or over TLS on a free port, with everything it made removed at the end. */
import { encodePem } from "../../src/crypto/certificate.ts";
import type { Connection } from "../../src/net/connection.ts";
import { type ConversationContext, makeContext } from "../../src/server/context.ts";
import { Conversation } from "../../src/server/conversation.ts";
import { openIdentity, type ServerIdentity } from "../../src/server/key/identity.ts";
import { type Log, makeLog } from "../../src/server/log.ts";
import { serve } from "../../src/server/serve.ts";
import type { Ready, ServeOptions } from "../../src/server/serve_options.ts";
import type { ServerLimits } from "../../src/server/server_limits.ts";
import { MemoryStore } from "./memory_store.ts";
import type { DirectoryPolicy } from "../../src/service/directory.ts";
import type { Registration } from "../../src/service/invites.ts";
import type { Quota } from "../../src/store/administration_store.ts";
import type { Store } from "../../src/store/store.ts";
import { plain } from "../../src/model/bytes.ts";
import { dialKnown } from "../../src/net/dial.ts";
import { pipe, type PipeOptions } from "./pipe.ts";

export interface TestServerOptions {
  readonly store?: Store;
  readonly limits?: Partial<ServerLimits>;
  readonly maxMessageBytes?: number;
  readonly metrics?: { readonly host: string; readonly port: number };
  /** Open, unless it is said. */
  readonly registration?: Registration;
  readonly quota?: Quota;
  /** How long mail is kept; for ever, unless it is said. */
  readonly keepMs?: number;
  readonly directory?: DirectoryPolicy;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /**
   * Milliseconds, of rates and deadlines; never set back. Connections are not ended for being late by a clock that is
   * handed in: a test that sets it forward would lose those that wait, whenever a sweep fell in between.
   */
  readonly clock?: () => number;
}

/** Lines of a log, decoded. */
export type LogLine = Readonly<Record<string, unknown>>;

export function recordingLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (line: Uint8Array) => void lines.push(JSON.parse(new TextDecoder().decode(line)));
  return { log: makeLog({ write, text: false, now: Date.now }), lines };
}

/**
 * A key folder whose RSA key is the one beside this file, which everybody has and nobody must use: making one takes
 * two thirds of a second, and each file of tests would. `unit/identity_test.ts` has servers that make their own.
 */
export async function makeKeyFolder(): Promise<string> {
  const file = new URL("server_key.json", import.meta.url);
  const { pkcs8 } = JSON.parse(await Deno.readTextFile(file)) as { pkcs8: string };
  const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  const pem = encodePem("PRIVATE KEY", Uint8Array.fromHex(pkcs8));
  await Deno.writeTextFile(`${folder}/server.key`, pem, { mode: 0o600 });
  return folder;
}

let sharedIdentity: Promise<ServerIdentity> | null = null;

function pipeIdentity(): Promise<ServerIdentity> {
  sharedIdentity ??= (async () => {
    const folder = await makeKeyFolder();
    try {
      const names = { hosts: ["localhost"], addresses: [] };
      return await openIdentity({ folder, names, now: Date.now() });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  })();
  return sharedIdentity;
}

function valueOf<T>(value: T | undefined): (() => T) | undefined {
  return value === undefined ? undefined : () => value;
}

/** A server that is reached through pipes. */
export interface PipeServer extends AsyncDisposable {
  readonly context: ConversationContext;
  readonly store: Store;
  readonly lines: readonly LogLine[];
  readonly key: ServerIdentity["key"];
  /** Connects; the server talks at the other end. */
  connect(options?: PipeOptions): Connection;
}

export async function startPipeServer(options: TestServerOptions = {}): Promise<PipeServer> {
  const {
    store = new MemoryStore("mail.test"),
    now = Date.now,
    clock = () => performance.now(),
    ...rest
  } = options;
  const limits = { lingerTimeoutMs: 20, ...options.limits };
  const { key } = await pipeIdentity();
  const { log, lines } = recordingLog();
  const context = await makeContext({
    registration: "open",
    ...rest,
    maxMessageBytes: valueOf(options.maxMessageBytes),
    keepMs: valueOf(options.keepMs),
    limits,
    store,
    key,
    log,
    now,
    clock,
    software: "mailctl test",
  });
  const running = new Set<Promise<void>>();
  const sweep = () => context.table.sweep(context.clock());
  const sweeper = options.clock === undefined ? setInterval(sweep, 10) : undefined;
  return {
    context,
    store,
    lines,
    key,
    connect(pipeOptions) {
      const [here, there] = pipe(pipeOptions);
      const close = () => there.close();
      const seat = context.table.admit(there.remoteAddress, context.clock(), close)!;
      const done = new Conversation(context, there, seat).run();
      running.add(done.finally(() => context.table.leave(seat)));
      return here;
    },
    async [Symbol.asyncDispose]() {
      context.table.closeAll();
      await Promise.all(running);
      clearInterval(sweeper);
      await store.close();
    },
  };
}

/** A server that is reached over TLS. */
export interface TlsServer extends AsyncDisposable {
  readonly ready: Ready;
  readonly host: string;
  readonly port: number;
  readonly keys: string;
  readonly lines: readonly LogLine[];
  dial(): Promise<Connection>;
  /** Ends it as a signal would, and waits. */
  stop(): Promise<void>;
}

export async function startServer(
  options:
    & TestServerOptions
    & Pick<ServeOptions, "forwarders" | "adminFolder" | "drainMs" | "openListener">
    & { readonly keys?: string } = {},
): Promise<TlsServer> {
  const { store = new MemoryStore("mail.test"), maxMessageBytes } = options;
  const keys = options.keys ?? await makeKeyFolder();
  const removeKeys = async () => {
    if (options.keys === undefined) await Deno.remove(keys, { recursive: true });
  };
  const { log, lines } = recordingLog();
  const controller = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  const done = serve({
    listen: { host: "127.0.0.1", port: 0 },
    keys,
    openStore: () => Promise.resolve(store),
    limits: { lingerTimeoutMs: 20, ...options.limits },
    maxMessageBytes: valueOf(maxMessageBytes),
    keepMs: valueOf(options.keepMs),
    metrics: options.metrics,
    registration: options.registration,
    forwarders: options.forwarders,
    drainMs: options.drainMs,
    adminFolder: options.adminFolder ?? null,
    openListener: options.openListener,
    log,
    software: "mailctl test",
    signal: controller.signal,
    onReady: resolve,
  });
  done.catch(reject);
  const ready = await promise.catch(async (error) => {
    await removeKeys();
    throw error;
  });
  const port = Number(ready.address.split(":").at(-1));
  const stop = async () => {
    controller.abort();
    await done;
  };
  return {
    ready,
    host: "127.0.0.1",
    port,
    keys,
    lines,
    dial: () => dialTest(keys, port),
    stop,
    [Symbol.asyncDispose]: () => stop().finally(removeKeys),
  };
}

/** Connects over TLS to a server of this machine, by the certificate in its key folder. */
export async function dialTest(keys: string, port: number): Promise<Connection> {
  const pem = await Deno.readTextFile(`${keys}/self_signed.pem`);
  const base64 = /BEGIN CERTIFICATE-----([^-]+)/.exec(pem)![1]!;
  const certificate = plain(Uint8Array.fromBase64(base64));
  const dialed = await dialKnown({ host: "127.0.0.1", port, timeoutMs: 60_000 }, certificate);
  if (dialed === null) throw new Error("the server shows another certificate");
  return dialed;
}
