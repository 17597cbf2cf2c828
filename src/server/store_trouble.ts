/** Tells an operator when something about the database is wrong and when it is right again: a line each. */
import { isFailure } from "../model/errors.ts";
import type { ProcessStore } from "../store/process_store.ts";
import type { Log } from "./log.ts";

/** Tells for as long as the store is open. */
export function logTrouble(store: ProcessStore, log: Log): void {
  let since: number | null = null;
  store.watchTrouble((trouble) => {
    if (trouble === null) {
      log.info("database back", { seconds: Math.round(performance.now() - since!) / 1000 });
      since = null;
      return;
    }
    const { kind, ...fields } = trouble;
    since ??= performance.now();
    log.warning(`database ${kind}`, fields);
  });
}

/** Tells what has to be changed about it, now and for as long as the store is open. */
export async function logWarnings(store: ProcessStore, log: Log): Promise<void> {
  const told = new Set(await store.warnings());
  for (const reason of told) log.warning("store", { reason });
  store.watchWarnings((warning, isOver) => {
    if (!isOver && told.delete(warning)) return;
    if (isOver) log.info("store", { over: warning });
    else log.warning("store", { reason: warning });
  });
}

/** Tells what failed, unless that is because the store is away: then `logTrouble` has told it, once for all. */
export function logFailure(log: Log, event: string, error: unknown): void {
  if (!isFailure(error, "unavailable")) log.error(event, error);
}
