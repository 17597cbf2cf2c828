/** The pages on which programs of this machine see how a server is; forwarders see whether it is well. */
import { inTime } from "../net/deadline.ts";
import type { IpPrefix } from "../net/ip_address.ts";
import { type PageServer, servePages } from "../net/plain_http.ts";
import type { Store } from "../store/store.ts";
import type { ConversationContext } from "./context.ts";

/** Balancers commonly wait 2 s for an answer. */
const writeTimeoutMs = 1_000;

/** Serves `/metrics` and `/health`, which says that nobody is to be sent here once `ending` aborts. @throws {MailError} what `servePages` refuses */
export function serveMetrics(
  { host: hostname, port }: { readonly host: string; readonly port: number },
  { metrics, store, table, now, log }: ConversationContext,
  { forwarders, ending }: {
    readonly forwarders: readonly IpPrefix[];
    readonly ending: AbortSignal;
  },
): PageServer {
  const gauges = () => ({ connections: table.size, store: store.load() });
  const takesWrites = writeCheck(store, now);
  return servePages(
    { hostname, port },
    {
      "/metrics": () => Promise.resolve({ status: 200, text: metrics.format(gauges()) }),
      "/health": async () => {
        if (ending.aborted) return { status: 503, text: "ending\n" };
        if (store.load().shared?.isStuck) return { status: 503, text: "the database is blocked\n" };
        return await takesWrites()
          ? { status: 200, text: "ok\n" }
          : { status: 503, text: "no write is possible\n" };
      },
    },
    { from: forwarders, paths: ["/health"] },
    (error) => log.error("cannot accept connections", error),
  );
}

/** Makes a check that writes a row. Those who ask meanwhile have the same answer: a store that hangs has one to do. */
function writeCheck(store: Store, now: () => number): () => Promise<boolean> {
  let underWay: Promise<boolean> | null = null;
  const write = async () => {
    const at = now();
    // Full already, so that it limits nobody, and the next one takes its place.
    await store.noteFailedLogins([{ rate: "health", key: "", ms: 0 }], at);
    return true;
  };
  return async () => {
    underWay ??= write().catch(() => false).finally(() => underWay = null);
    return await inTime(underWay, writeTimeoutMs).catch(() => false);
  };
}
