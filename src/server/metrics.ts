/** What a server counts of its work, as Prometheus reads it: text format 0.0.4. No names, no addresses. */
import type { StoreLoad } from "../store/store.ts";
import type { Log } from "./log.ts";

const counters = {
  connections_total: "Connections accepted",
  handshakes_total: "Sessions established",
  logins_refused_total: "Logins refused for a wrong name, password or recovery code",
  limits_hit_total: "Connections and requests refused because of a limit",
  proxy_headers_refused_total: "Connections from a forwarder closed for their PROXY header",
  messages_total: "Messages stored",
  smtp_connections_total: "Connections to the SMTP server",
  smtp_messages_total: "Messages stored from SMTP",
  received_bytes_total: "Bytes of encrypted frames received",
  sent_bytes_total: "Bytes of encrypted frames sent",
} as const;

export type CounterName = keyof typeof counters;

/** What is true at the moment of asking. */
export interface Gauges {
  readonly connections: number;
  readonly store: StoreLoad;
}

export class Metrics {
  readonly #counts = new Map<CounterName, number>();

  count(name: CounterName, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** Formats all of it. */
  format({ connections, store }: Gauges): string {
    const lines = Object.entries(counters).flatMap(([name, help]) =>
      metric(name, "counter", help, [["", this.#counts.get(name as CounterName) ?? 0]])
    );
    return [
      ...lines,
      ...metric("connections", "gauge", "Connections open now", [["", connections]]),
      ...metric("store_queue", "gauge", "Calls that wait for the database", [["", store.waiting]]),
      ...commitLines(store),
      ...sharedLines(store),
      "",
    ].join("\n");
  }
}

function commitLines({ commits, commitSeconds }: StoreLoad): string[] {
  let sum = 0;
  const buckets = commits.map(({ withinSeconds, count }) => {
    sum += count;
    const bound = withinSeconds === Infinity ? "+Inf" : String(withinSeconds);
    return [`_bucket{le="${bound}"}`, sum] as const;
  });
  const rest = [["_sum", commitSeconds], ["_count", sum]] as const;
  const help = "Duration of group commits to the database";
  return metric("store_commit_seconds", "histogram", help, [...buckets, ...rest]);
}

const sharedCounters = {
  retries: ["store_retries_total", "Calls of the database that were tried again"],
  failovers: ["store_failovers_total", "Times that another host of the database took over"],
  reconnects: ["store_listener_reconnects_total", "Times that the listening connection was lost"],
} as const;

function sharedLines({ shared }: StoreLoad): string[] {
  if (shared === undefined) return [];
  const isUp = [["", shared.isUp ? 1 : 0]] as const;
  const counts = Object.entries(sharedCounters).flatMap(([of, [name, help]]) =>
    metric(name, "counter", help, [["", shared[of as keyof typeof sharedCounters]]])
  );
  return [...metric("store_up", "gauge", "1 while the database can be used", isUp), ...counts];
}

function metric(
  name: string,
  type: "counter" | "gauge" | "histogram",
  help: string,
  values: readonly (readonly [suffix: string, value: number])[],
): string[] {
  return [
    `# HELP mailctl_${name} ${help}`,
    `# TYPE mailctl_${name} ${type}`,
    ...values.map(([suffix, value]) => `mailctl_${name}${suffix} ${value}`),
  ];
}

const counterOfEvent: Readonly<Record<string, CounterName>> = {
  "login refused": "logins_refused_total",
  "recovery refused": "logins_refused_total",
  "limit hit": "limits_hit_total",
  "PROXY header refused": "proxy_headers_refused_total",
};

/** A log that counts what it is told before it writes it down. */
export function countingLog(log: Log, metrics: Metrics): Log {
  const counted = (event: string) => {
    const counter = counterOfEvent[event];
    if (counter !== undefined) metrics.count(counter);
  };
  return {
    info: (event, fields) => {
      counted(event);
      log.info(event, fields);
    },
    warning: (event, fields) => {
      counted(event);
      log.warning(event, fields);
    },
    error: (event, error, fields) => log.error(event, error, fields),
  };
}
