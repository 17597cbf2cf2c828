/** This process among those that serve the database: a row that it renews, without which what it began is dropped. */
import type { ServerFingerprint } from "../../../model/digests.ts";
import { isFailure, MailError } from "../../../model/errors.ts";
import { bestEffort } from "../../../model/promises.ts";
import { SerialQueue } from "../../../model/serial_queue.ts";
import type { SharedSettings } from "../../process_store.ts";
import { nobody } from "../../store.ts";
import type { Access } from "../access.ts";
import { SqlConnection } from "../connection.ts";
import type { DriverClient } from "../driver.ts";
import { requireReadable } from "../migrate.ts";
import { forgetOutcomes } from "../outcome.ts";
import type { Primary } from "../primary.ts";
import { DatabaseClock, isAlive, nowColumn } from "./database_clock.ts";
import { clockWarning } from "./safety.ts";
import { differences, type NotedSettings } from "./settings.ts";
import { dropUploads } from "./uploads.ts";
import { type WarningListener, Warnings } from "./warnings.ts";

/** How often the row is renewed, in milliseconds. */
const renewMs = 10_000;
/** How long nothing is dropped for its age once the clocks agree again, or have jumped: rows have times of before. */
const settledMs = 60_000;
/** How long leaving may take where the database does not answer. */
const leaveMs = 2_000;

const jobs = { forgetOutcomes, dropUploads, forgetInstances };

export class Instance {
  readonly id: number;
  readonly clock = new DatabaseClock();
  /** The key that it shows; null until it serves. */
  fingerprint: ServerFingerprint | null = null;
  readonly #software: string;
  readonly #warnings = new Warnings();
  /** Null: it does not serve. */
  #settings: (() => SharedSettings) | null = null;
  readonly #unusable = Promise.withResolvers<MailError>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasLeft = false;
  /** Changes of the row: one that renews it behind the one that takes it out would put it in again. */
  readonly #changes = new SerialQueue();
  /** Until then the database's clock was wrong or jumped, or its rows may say so, by `performance.now()`. */
  #settledAt = 0;

  private constructor(id: number, software: string) {
    this.id = id;
    this.#software = software;
  }

  /** Makes the row. */
  static async register(client: DriverClient, software: string): Promise<Instance> {
    const connection = new SqlConnection(client, nobody, "calling");
    const askedAt = performance.now();
    const { id, now } = await connection.one<{ id: number; now: number }>(
      `INSERT INTO instance (host, software, seen_at) VALUES ($1, $2, clock_timestamp())
       RETURNING id, ${nowColumn} AS now`,
      Deno.hostname(),
      software,
    );
    const instance = new Instance(id, software);
    instance.clock.set(now, askedAt);
    return instance;
  }

  /** Renews the row from now on, looks at all hosts, and drops what processes left that are gone. */
  keepUp(database: Access, hosts: Pick<Primary, "lookAround" | "warning">): void {
    if (this.#hasLeft) return;
    this.#timer = setTimeout(
      () => void this.#keepUpOnce(database, hosts).finally(() => this.keepUp(database, hosts)),
      renewMs * (0.75 + Math.random() / 4),
    );
    Deno.unrefTimer(Number(this.#timer));
  }

  /** As `ProcessStore.noteSettings`. @throws {MailError} as `renew` does */
  async noteSettings(settings: () => SharedSettings, database: Access): Promise<void> {
    this.#settings = settings;
    await this.renew(database);
  }

  /** As `ProcessStore.watchWarnings`. */
  watchWarnings(listener: WarningListener): () => void {
    return this.#warnings.watch(listener);
  }

  /** Resolves once the database is kept by a mailctl too new for this one. */
  unusable(): Promise<MailError> {
    return this.#unusable.promise;
  }

  /** Takes the row out, so that nobody waits for it to grow old. */
  async leave(database: Access): Promise<void> {
    this.#hasLeft = true;
    clearTimeout(this.#timer);
    const left = bestEffort(this.#changes.run(() => database.call(leave, this.id))); // others find it old
    await Promise.race([left, pause(leaveMs)]);
  }

  async #keepUpOnce(
    database: Access,
    hosts: Pick<Primary, "lookAround" | "warning">,
  ): Promise<void> {
    try {
      try {
        await this.renew(database);
      } finally {
        await hosts.lookAround(); // may take longer than others wait for the row
        this.#warnings.set("hosts", hosts.warning);
      }
      if (performance.now() < this.#settledAt) return;
      const { forgetOutcomes, dropUploads, forgetInstances } = database.writes(jobs);
      await dropUploads();
      await forgetInstances();
      await forgetOutcomes();
    } catch (error) {
      if (isFailure(error, "configuration")) {
        this.#unusable.resolve(error);
      } // else the database is away: the next time tells
    }
  }

  /** Renews the row once. @throws {MailError} `configuration` where the database is too new, `unavailable` */
  renew(database: Access): Promise<void> {
    return this.#changes.run(() => this.#renewOnce(database));
  }

  async #renewOnce(database: Access): Promise<void> {
    const askedAt = performance.now();
    const { id, fingerprint } = this;
    const settings = this.#settings?.() ?? null;
    const row = { id, fingerprint, software: this.#software, settings };
    const { schema, readableFrom, now, others } = await database.call(renew, row);
    this.clock.set(now, askedAt);
    const { aheadMs, hasJumped, isWrong } = this.clock;
    if (isWrong || hasJumped) this.#settledAt = performance.now() + settledMs;
    this.#warnings.set("clock", isWrong ? clockWarning(aheadMs) : null);
    if (settings !== null) this.#compare(settings, others);
    requireReadable(schema, readableFrom);
  }

  #compare(settings: SharedSettings, others: readonly NotedSettings[]): void {
    const found = differences([{ host: Deno.hostname(), settings }, ...others]);
    for (const name of Object.keys(settings)) {
      this.#warnings.set(`setting ${name}`, found.get(name) ?? null);
    }
  }
}

interface InstanceRow {
  readonly id: number;
  readonly software: string;
  readonly fingerprint: ServerFingerprint | null;
  readonly settings: SharedSettings | null;
}

interface Renewed {
  readonly schema: number;
  readonly readableFrom: number;
  readonly now: number;
  /** Other servers that live. */
  readonly others: readonly NotedSettings[];
}

/** Renews a row; makes it anew where others took it for one of a process that is gone. */
async function renew(
  connection: SqlConnection,
  { id, software, fingerprint, settings }: InstanceRow,
): Promise<Renewed> {
  return await connection.one<Renewed>(
    `WITH renewed AS (
       INSERT INTO instance (id, host, software, fingerprint, settings)
       VALUES ($1, $2, $3, $4, $5::jsonb)
       ON CONFLICT (id) DO UPDATE SET seen_at = now(), fingerprint = excluded.fingerprint,
         settings = excluded.settings)
     SELECT schema, readable_from, ${nowColumn} AS now, (
       SELECT coalesce(jsonb_agg(jsonb_build_object('host', host, 'settings', settings)), '[]')
       FROM instance WHERE id <> $1 AND settings IS NOT NULL AND ${isAlive}) AS others
     FROM meta`,
    id,
    Deno.hostname(),
    software,
    fingerprint,
    settings === null ? null : JSON.stringify(settings),
  );
}

async function leave(connection: SqlConnection, id: number): Promise<void> {
  await connection.all(
    `WITH released AS (UPDATE job SET lease_until = '-infinity' WHERE instance_id = $1),
     offline AS (DELETE FROM presence WHERE instance_id = $1)
     DELETE FROM instance WHERE id = $1`,
    id,
  );
}

async function forgetInstances(connection: SqlConnection): Promise<void> {
  await connection.lock([]);
  await connection.run(
    `WITH gone AS (DELETE FROM instance WHERE NOT ${isAlive} RETURNING id)
     DELETE FROM presence USING gone WHERE instance_id = gone.id`,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}
