/** Tells an operator when the database is lost and when it is back: a line each. */
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

/** Tells what failed, unless that is because the store is away: then `logTrouble` has told it, once for all. */
export function logFailure(log: Log, event: string, error: unknown): void {
  if (!isFailure(error, "unavailable")) log.error(event, error);
}
