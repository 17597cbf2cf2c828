/** Calls that PostgreSQL ends for the time they take, again and again: told with what they wait for, until that is over. */
import type { Availability } from "./availability.ts";

/** Until then a call that was ended is tried again, and waits for the same. */
const firstLookMs = 200;
/** How often it is looked then, and how long no call may have been ended: longer than a statement may take. */
const usualTimes = { lookMs: 2_000, calmMs: 20_000 };

/**
 * Whoever keeps calls of ours waiting, or has locked a table so that they would have to: others than mailctl first.
 * Every user of the database may read this.
 */
const holders = `
  SELECT pid, application_name AS program, usename AS "user", (
    SELECT string_agg(DISTINCT relname, ', ') FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE pg_locks.pid = activity.pid AND granted AND relkind = 'r'
      AND relnamespace = current_schema()::regnamespace) AS tables
  FROM pg_stat_activity AS activity
  WHERE datname = current_database() AND (pid IN (
      SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = current_user AND wait_event_type = 'Lock')
    OR pid IN (
      SELECT pid FROM pg_locks JOIN pg_class ON pg_class.oid = relation
      WHERE granted AND relkind = 'r' AND relnamespace = current_schema()::regnamespace AND mode IN
        ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')))
  ORDER BY application_name = 'mailctl', pid LIMIT 1`;

type Row = Readonly<Record<string, unknown>>;

export class LateCalls {
  readonly #availability: Availability;
  readonly #ask: (text: string) => Promise<readonly Row[]>;
  /** When one was ended last, or somebody was seen to hold a lock, by `performance.now()`. */
  #seenAt = 0;
  /** When the first was ended, by `performance.now()`. */
  #firstAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly #times: typeof usualTimes;

  /** `ask`: on a connection for which nobody waits. `times`: in milliseconds. */
  constructor(
    availability: Availability,
    ask: (text: string) => Promise<readonly Row[]>,
    times = usualTimes,
  ) {
    this.#availability = availability;
    this.#ask = ask;
    this.#times = times;
  }

  /** A call was ended, and not for the first time. `firstAt`: when it was, by `performance.now()`. */
  noteLate(firstAt: number): void {
    this.#seenAt = performance.now();
    if (this.#timer !== undefined) return;
    this.#firstAt = firstAt;
    this.#lookIn(firstLookMs);
  }

  /** Such a call was carried out at last. */
  noteDone(): void {
    this.stop();
    this.#availability.noteUnblocked();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookIn(ms: number): void {
    const timer = this.#timer = setTimeout(async () => {
      const [holder] = await this.#ask(holders).catch(() => []); // then nobody is named
      if (this.#timer !== timer) return;
      if (holder !== undefined) this.#seenAt = performance.now();
      if (performance.now() - this.#seenAt > this.#times.calmMs) return this.noteDone();
      this.#availability.noteBlocked(reasonOf(holder), this.#firstAt);
      this.#lookIn(this.#times.lookMs);
    }, ms);
    Deno.unrefTimer(Number(timer));
  }
}

function reasonOf(holder: Row | undefined): string {
  if (holder === undefined) return "calls take longer than PostgreSQL lets them";
  const { program, user, pid, tables } = holder;
  const who = `${program || "a program"} of the user ${user} (process ${pid})`;
  return `${who} holds a lock${tables === null ? "" : ` on ${tables}`}`;
}
