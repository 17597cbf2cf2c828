/** The pages on which programs of this machine see how a server is. */
import { type PageServer, servePages } from "../net/plain_http.ts";
import type { ConversationContext } from "./context.ts";
import { asAccountName } from "../model/address.ts";

/** Serves `/metrics` and `/health`. @throws {MailError} what `servePages` refuses */
export function serveMetrics(
  { host: hostname, port }: { readonly host: string; readonly port: number },
  { metrics, store, table }: ConversationContext,
): PageServer {
  const gauges = () => ({ connections: table.size, store: store.load() });
  return servePages({ hostname, port }, {
    "/metrics": () => Promise.resolve({ status: 200, text: metrics.format(gauges()) }),
    "/health": async () => {
      const isWell = await store.findAccount(asAccountName("")).then(() => true, () => false);
      return isWell ? { status: 200, text: "ok\n" } : { status: 503, text: "no store\n" };
    },
  });
}
