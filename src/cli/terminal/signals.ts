/**
 * What becomes of signals that end a program. By itself the system ends it; where something has to be put right first,
 * or where the system does not, as for the first process of a container, it ends with the status that a shell shows.
 */
import { inTime } from "../../net/deadline.ts";
import { host } from "../host.ts";

/** signal(7), plus 128 */
const statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type EndingSignal = keyof typeof statuses;

/** What is put right before the program ends. */
const repairs = new Set<() => void>();
/** Handlers that have a signal for themselves. */
const owners = new Map<EndingSignal, Set<() => void>>();
const listeners = (Object.keys(statuses) as EndingSignal[]).map((signal) =>
  [signal, () => endBy(signal)] as const
);

/** Has `repair` run before a signal ends the program, until the returned function is called. */
export function beforeEnd(repair: () => void): () => void {
  if (repairs.size === 0) listeners.forEach((each) => host.addSignalListener(...each));
  repairs.add(repair);
  return () => {
    if (!repairs.delete(repair) || repairs.size > 0) return;
    listeners.forEach((each) => host.removeSignalListener(...each));
  };
}

/** Has a handler hear a signal, which then ends nothing, until the returned function is called. */
export function ownSignal(signal: EndingSignal, handler: () => void): () => void {
  const handlers = owners.getOrInsertComputed(signal, () => new Set());
  handlers.add(handler);
  host.addSignalListener(signal, handler);
  return () => {
    handlers.delete(handler);
    host.removeSignalListener(signal, handler);
  };
}

/** What a server that is away may hold up the end of this process. */
const keepMs = 5_000;

/**
 * Starts a child process, waits for work on it, and keeps what came of it. A signal to this process, or to its terminal,
 * is one to both: the child gets it, and what it makes of it is waited for; then this process ends by it, once that is
 * kept or a few seconds are over. A second one ends it at once.
 */
export async function withChild<T, R>(
  start: () => Deno.ChildProcess,
  work: (child: Deno.ChildProcess) => Promise<T>,
  keep: (came: T) => Promise<R>,
): Promise<R> {
  const ended: EndingSignal[] = [];
  let child: Deno.ChildProcess | null = null;
  const releaseAll = () => releases.forEach((release) => release());
  const releases = listeners.map(([signal]) =>
    ownSignal(signal, () => {
      releaseAll();
      ended.push(signal);
      if (signal === "SIGTERM" || !host.stdin.isTerminal()) passOn(child, signal);
    })
  );
  try {
    const came = await work(child = start());
    releaseAll();
    const kept = keep(came);
    return ended.length === 0 ? await kept : await inTime(kept, keepMs);
  } finally {
    releaseAll();
    ended.forEach(endBy);
  }
}

function passOn(child: Deno.ChildProcess | null, signal: EndingSignal): void {
  try {
    child?.kill(signal);
  } catch {
    // it has ended
  }
}

/** The runtime faults where the system leaves the first process of a container running in spite of a signal. */
export function endAsFirstProcess(): void {
  beforeEnd(() => {});
}

function endBy(signal: EndingSignal): void {
  if ((owners.get(signal)?.size ?? 0) > 0) return;
  for (const repair of repairs) {
    try {
      repair();
    } catch {
      // a terminal that is gone, a file that somebody removed: the others are put right all the same
    }
  }
  host.exit(statuses[signal]);
}
