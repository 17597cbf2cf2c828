/** A database, open: calls of the store as transactions, each tried until it is known to be done. */
import { CommitTimes } from "../commit_times.ts";
import { storeClosed } from "../failures.ts";
import { ownedBytes } from "../owned_bytes.ts";
import type { StoreTrouble } from "../process_store.ts";
import { type Cause, nobody, type StoreLoad } from "../store.ts";
import { Watchers, type WatcherSets } from "../watchers.ts";
import type { Access, GroupedCall, GroupedWork, SubjectJobs, Writes } from "./access.ts";
import { SqlConnection } from "./connection.ts";
import type { DriverClient } from "./driver.ts";
import { isLostConnection, isReadOnly, passes, tookTooLong, wrapError } from "./failures.ts";
import { findOutcome } from "./outcome.ts";
import { Pool } from "./pool.ts";
import type { Primary } from "./primary.ts";
import type { Availability } from "./process/availability.ts";
import { carryOut, doneMeanwhile, inTransaction } from "./process/carry_out.ts";
import { Groups } from "./process/groups.ts";
import { Hints, type HintsOptions } from "./process/hints.ts";
import { LateCalls } from "./process/late_calls.ts";

/** How often a write is tried where the database takes none: a connection may be older than the setting. */
const readOnlyTries = 3;
/** Between two tries where the database cannot be reached: the longest; and where two calls were in each other's way. */
const pauseMs = 1_000;
const jitterMs = 20;
/** How long closing waits for calls that were begun: whoever asked for them is gone. */
const closingMs = 2_000;

type Job = (connection: SqlConnection, ...asked: never[]) => Promise<unknown>;
/** `until`: when it is given up. */
type BoundedCall = GroupedCall<never> & { readonly until: number };

export class Database implements Access {
  readonly watchers: WatcherSets = { mail: new Watchers(), changes: new Watchers() };
  readonly hints: Hints;
  readonly #primary: Primary;
  readonly #lateCalls: LateCalls;
  readonly #pool: Pool;
  readonly #groups = new Map<GroupedWork<never, unknown>, Groups<BoundedCall, unknown>>();
  readonly #times = new CommitTimes();
  readonly #running = new Set<Promise<unknown>>();
  /** When whatever was begun is given up; until `close` nothing is. */
  #closedAt = Infinity;
  /** Calls that were tried once more. */
  #retries = 0;

  /** `listening`: how the connection for hints is watched. */
  constructor(primary: Primary, listening: HintsOptions = {}) {
    this.#primary = primary;
    const connect = () => primary.connect();
    this.#pool = new Pool(connect);
    let before: StoreTrouble | null = null;
    primary.availability.watch((trouble) => {
      const kinds = [before?.kind, trouble?.kind];
      if (kinds.includes("read-only")) this.#pool.renew(); // a connection goes by the settings of its beginning
      before = trouble;
    });
    this.hints = new Hints(connect, this.watchers, {
      ...listening,
      onSilence: () => this.#pool.cut(),
    });
    primary.onPromotion = () => {
      this.#pool.cut();
      this.hints.cut();
    };
    this.#lateCalls = new LateCalls(primary.availability, (text) => this.hints.ask(text));
  }

  writes<Jobs extends SubjectJobs>(jobs: Jobs): Writes<Jobs> {
    return this.#writesFor(jobs, nobody);
  }

  ask: Access["ask"] = (work, ...asked) => this.#ask(nobody, (to) => work(to, ...asked));
  read: Access["read"] = (work, ...asked) => this.#read(nobody, (to) => work(to, ...asked));
  call: Access["call"] = (work, ...asked) => this.#call(nobody, work, asked);
  together: Access["together"] = (work, asked) => this.#together(nobody, work, asked);

  /** The same, for one session or request: see `Store`. */
  for(cause: Cause): Access {
    return {
      writes: (jobs) => this.#writesFor(jobs, cause),
      ask: (work, ...asked) => this.#ask(cause, (to) => work(to, ...asked)),
      read: (work, ...asked) => this.#read(cause, (to) => work(to, ...asked)),
      call: (work, ...asked) => this.#call(cause, work, asked),
      together: (work, asked) => this.#together(cause, work, asked),
    };
  }

  get availability(): Availability {
    return this.#primary.availability;
  }

  load(): StoreLoad {
    const waiting = [this.#pool, ...this.#groups.values()].map((one) => one.waiting);
    return {
      ...this.#times.load(waiting.reduce((sum, some) => sum + some, 0)),
      shared: {
        isUp: this.availability.trouble === null,
        isStuck: this.availability.isStuck,
        retries: this.#retries,
        failovers: this.#primary.failovers,
        reconnects: Math.max(0, this.hints.connects - 1),
      },
    };
  }

  /** Refuses whatever comes from now on, and waits for what was begun, for a time. */
  async close(): Promise<void> {
    this.#closedAt = performance.now() + closingMs;
    await Promise.race([Promise.allSettled(this.#running), pause(closingMs)]);
    this.#lateCalls.stop();
    await this.hints.close();
    await this.#pool.close();
  }

  #writesFor<Jobs extends SubjectJobs>(jobs: Jobs, cause: Cause): Writes<Jobs> {
    const methods = Object.entries(jobs).map(([name, job]) => [
      name,
      (...asked: never[]) => this.#write(cause, job, asked),
    ]);
    return Object.fromEntries(methods);
  }

  #ask<T>(cause: Cause, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#tried((client) => work(new SqlConnection(client, cause, "asking")));
  }

  #read<T>(cause: Cause, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#tried(async (client) => {
      const connection = new SqlConnection(client, cause, "reading");
      return await inTransaction(connection, async () => {
        await connection.beginReading();
        const result = await work(connection);
        await connection.rollBack();
        return result;
      });
    });
  }

  #call<Asked extends readonly unknown[], T>(
    cause: Cause,
    work: (connection: SqlConnection, ...asked: Asked) => Promise<T>,
    asked: Asked,
  ): Promise<T> {
    return Promise.try(() => {
      const { value } = ownedBytes(asked);
      return this.#timed(this.#calling(cause, (to) => work(to, ...value)));
    });
  }

  #together<Asked, Result>(
    cause: Cause,
    work: GroupedWork<Asked, Result>,
    asked: Asked,
  ): Promise<Result> {
    return this.#begun(() => {
      const { value } = ownedBytes(asked);
      const groups = this.#groups.getOrInsertComputed(work, () => this.#groupsOf(work));
      const until = performance.now() + this.availability.triedMs;
      return groups.add({ cause, asked: value as never, until }) as Promise<Result>;
    });
  }

  #groupsOf(work: GroupedWork<never, unknown>): Groups<BoundedCall, unknown> {
    const act = (...calls: BoundedCall[]) => this.#calling(nobody, (to) => work(to, calls));
    return new Groups({
      together: async (calls) => {
        const results = await this.#clocked(this.#pool.use(act(...calls), isLostConnection));
        this.availability.noteDone();
        return results;
      },
      alone: async (call) => {
        this.#retries++;
        const [result] = await this.#clocked(this.#tryAgain(act(call), call.until));
        this.availability.noteDone();
        return result;
      },
    });
  }

  #calling<T>(cause: Cause, work: (connection: SqlConnection) => Promise<T>) {
    return async (client: DriverClient): Promise<T> => {
      const connection = new SqlConnection(client, cause, "calling");
      const result = await work(connection);
      this.availability.noteWrite();
      this.hints.tell(connection);
      return result;
    };
  }

  #write(cause: Cause, job: Job, asked: never[]): Promise<unknown> {
    return Promise.try(() => {
      const { value } = ownedBytes(asked);
      const outcome = crypto.randomUUID();
      const tries: SqlConnection[] = [];
      return this.#timed(async (client) => {
        const connection = new SqlConnection(client, cause, "looking");
        const before = tries.length > 0 ? await findOutcome(connection, outcome) : null;
        if (before !== null) {
          for (const tried of tries) this.hints.tell(tried); // one of them did it
          return before.result;
        }
        tries.push(connection);
        const work = () => job(connection, ...value);
        try {
          const act = () => carryOut(connection, cause, { outcome, work });
          const result = await inTransaction(connection, act);
          if (connection.isWriting) {
            this.availability.noteWrite();
            if (cause !== nobody) this.availability.noteDone();
          }
          this.hints.tell(connection);
          return result;
        } catch (error) {
          const meanwhile = await doneMeanwhile(connection, cause, error);
          if (meanwhile === null) throw error;
          return meanwhile.result;
        }
      });
    });
  }

  #timed<T>(act: (client: DriverClient) => Promise<T>): Promise<T> {
    return this.#clocked(this.#tried(act));
  }

  async #clocked<T>(committing: Promise<T>): Promise<T> {
    const begunAt = performance.now();
    const result = await committing;
    this.#times.add((performance.now() - begunAt) / 1000);
    return result;
  }

  /** @throws {MailError} what `act` throws, once another try is of no use */
  #tried<T>(act: (client: DriverClient) => Promise<T>): Promise<T> {
    return this.#begun(() => this.#tryAgain(act));
  }

  /** Begins what `close` waits for. */
  #begun<T>(begin: () => Promise<T>): Promise<T> {
    return Promise.try(() => {
      if (this.#closedAt < Infinity) throw storeClosed();
      const running = begin();
      this.#running.add(running);
      return running.finally(() => this.#running.delete(running));
    });
  }

  async #tryAgain<T>(
    act: (client: DriverClient) => Promise<T>,
    until = performance.now() + this.availability.triedMs,
  ): Promise<T> {
    for (let lost = 0, refused = 0, late = 0, lateAt = 0;;) {
      try {
        const result = await this.#pool.use(act, isLostConnection);
        if (late > 1) this.#lateCalls.noteDone();
        return result;
      } catch (error) {
        if (tookTooLong(error)) {
          if (++late === 1) lateAt = performance.now();
          else this.#lateCalls.noteLate(lateAt);
        }
        this.availability.noteRefusal(error);
        if (isReadOnly(error) && ++refused === readOnlyTries) throw wrapError(error);
        if (!passes(error) || performance.now() > Math.min(until, this.#closedAt)) {
          throw wrapError(error);
        }
        this.#retries++;
        if (isLostConnection(error)) lost++;
        await pause(lost === 0 ? jitterMs : Math.min(pauseMs, jitterMs * 2 ** lost));
      }
    }
  }
}

/** Waits so long, more or less; the program may end meanwhile. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) =>
    Deno.unrefTimer(setTimeout(resolve, ms * (0.75 + Math.random() / 2)))
  );
}
