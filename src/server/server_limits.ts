/** The bounds of one server: those of model/limits.ts, unless they are set; never more than the system allows. */
import { limits } from "../model/limits.ts";

export interface ServerLimits {
  readonly handshakeTimeoutMs: number;
  readonly loginTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly frameTimeoutMs: number;
  /** A peer that is told off may take this long to read why. */
  readonly lingerTimeoutMs: number;
  readonly drainTimeoutMs: number;
  /** How long a request waits for what may come. */
  readonly waitTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectionsPerAccount: number;
}

/** What is cut when a server stops ends in this time, or not before its store answers again. */
export const cutMs = 1_000;

const lingerTimeoutMs = 500;
/** File descriptors for everything but connections: the store, the log, the runtime itself. */
const reservedDescriptors = 64;

/** Fills in what is not set, and keeps connections below the limit of file descriptors. */
export async function serverLimits(set: Partial<ServerLimits>): Promise<ServerLimits> {
  const wanted = { ...limits, lingerTimeoutMs, ...set };
  const most = Math.max(1, (await softDescriptorLimit()) - reservedDescriptors);
  return { ...wanted, maxConnections: Math.min(wanted.maxConnections, most) };
}

/** How often deadlines have to be looked at, so that none is missed by much. */
export function sweepIntervalMs(of: ServerLimits): number {
  const shortest = Math.min(
    of.handshakeTimeoutMs,
    of.loginTimeoutMs,
    of.idleTimeoutMs,
    of.frameTimeoutMs,
  );
  return Math.min(1_000, Math.max(10, shortest / 10));
}

/** Infinity where the system does not tell. A shell inherits it; Deno reads /proc only with every permission there is. */
async function softDescriptorLimit(): Promise<number> {
  const command = new Deno.Command("sh", { args: ["-c", "ulimit -n"], cwd: "/", stderr: "null" });
  try {
    const told = new TextDecoder().decode((await command.output()).stdout);
    return /^\d+$/.test(told.trim()) ? Number(told) : Infinity;
  } catch { // also at once, where nothing can be started
    return Infinity;
  }
}
