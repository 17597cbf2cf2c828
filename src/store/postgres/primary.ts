/** Connections to the primary of a database, whichever of its hosts that is now. */
import { bestEffort } from "../../model/promises.ts";
import { type DatabaseAddress, isLocalHost } from "./address.ts";
import { type DriverClient, type DriverOptions, newClient } from "./driver.ts";
import { Availability } from "./process/availability.ts";
import { defaultUser, findPassword } from "./process/password.ts";

/** Far more than a network takes, far less than anybody waits. */
const connectMs = 5_000;
/** So much longer than for the first host that takes writes it is waited for the others, where all are looked at. */
const othersMs = 1_000;
/** What PostgreSQL ends by itself, in milliseconds: a statement, a wait for a lock, a transaction where nothing is asked. */
const usualStatementMs = 10_000;
/** So much later the answer to a statement is waited for no longer: PostgreSQL would have ended it. */
const graceMs = 2_000;
const lockMs = 5_000;
const idleMs = 15_000;

/**
 * Of each connection. Plans depend neither on values nor on statistics, so that none becomes slow one day: a test
 * reads them all.
 */
const settings = `
  SET synchronous_commit = on; -- whatever somebody sets for all while servers run
  SET lock_timeout = ${lockMs};
  SET idle_in_transaction_session_timeout = ${idleMs};
  SET plan_cache_mode = force_generic_plan;
  SET enable_seqscan = off;
  SET enable_bitmapscan = off;
  SET enable_sort = off;
  SET enable_hashjoin = off;
  SET enable_mergejoin = off;
  SET max_parallel_workers_per_gather = 0;
  SET jit = off;
  SET client_min_messages = warning;
  SET default_transaction_isolation = 'read committed';
  SET bytea_output = hex;
`;

/** Each promotion begins a timeline, a higher number. */
const looking = `SELECT pg_is_in_recovery() AS is_standby,
  current_setting('default_transaction_read_only') AS read_only,
  CASE WHEN pg_is_in_recovery() THEN 0
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END AS timeline,
  has_function_privilege('pg_control_system()', 'EXECUTE') AS has_system`;

/** A cluster and its standbys have the same: timelines of others are nothing to compare with. */
const lookingForSystem = "SELECT system_identifier::text AS system FROM pg_control_system()";

/** What a host is. `timeline`: 0 of a standby. `system`: empty where it is told to superusers alone. */
interface Sight {
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  readonly timeline: number;
  readonly system: string;
}

/**
 * A commit that the standby acknowledges, and with it all before: a primary that restarted shows what it has on disk, and
 * its standby perhaps has not. Told to be there, it would be lost with the primary.
 */
export const replicationBarrier = "pg_logical_emit_message(true, 'mailctl', '')";

export class Primary {
  readonly #address: DatabaseAddress;
  readonly #certificates: string | undefined;
  readonly availability: Availability;
  /** Which host was the primary last; until one was used: the first to be tried. */
  #last = 0;
  /** Connections to a primary that were made. */
  #made = 0;
  /** The row of this process, for what its connections begin; null: it has none yet. */
  instanceId: number | null = null;
  /** How often another host turned out to be the primary. */
  failovers = 0;
  /** The highest timeline that any host of a system was seen to have. */
  readonly #timelines = new Map<string, number>();
  /** Hosts that take writes, although another one was promoted after them. */
  #left: readonly string[] = [];
  /** Hears that another host was promoted: connections to the one before are of no use. */
  onPromotion: () => void = () => {};

  readonly #statementMs: number;

  /**
   * `certificates`: those that a host's own must come from, in PEM; absent: those of the system. `statementMs`: the most
   * that a statement may take; 0: as long as it takes.
   */
  constructor(address: DatabaseAddress, certificates?: string, statementMs = usualStatementMs) {
    this.#address = address;
    this.availability = new Availability(address);
    this.#statementMs = statementMs;
    this.#certificates = certificates;
  }

  /**
   * Makes a connection to the host that takes writes; where none does, to one that is set to be read, and is no standby.
   * @throws what is wrong with the last that was tried
   */
  async connect(): Promise<DriverClient> {
    const { hosts } = this.#address;
    const [first, made] = [this.#last, this.#made]; // others that connect meanwhile may change both
    let readOnly: DriverClient | null = null;
    const failures: (readonly [host: string, error: unknown])[] = [];
    for (let tried = 0; tried < hosts.length; tried++) {
      const at = (first + tried) % hosts.length;
      try {
        const { client, isReadOnly } = await this.#connectTo(hosts[at]!);
        readOnly?.cut();
        if (isReadOnly) {
          readOnly = client;
          continue;
        }
        if (at !== this.#last) this.failovers++;
        this.#last = at;
        this.#made++;
        this.availability.noteConnected();
        return client;
      } catch (error) {
        const { host, port } = hosts[at]!;
        failures.push([`${host}:${port}`, error]);
      }
    }
    if (readOnly !== null) {
      if (made === this.#made) {
        this.availability.noteReadOnly();
        return readOnly;
      }
      readOnly.cut();
      return await this.connect();
    }
    if (made === this.#made) this.availability.noteLost(failures);
    throw failures.at(-1)![1];
  }

  /**
   * Looks at all hosts: one that was not stopped when another was promoted takes writes that are lost when the two are
   * put together. It is used no more, and named.
   */
  async lookAround(): Promise<void> {
    const { hosts } = this.#address;
    if (hosts.length === 1) return;
    const others = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const sights = await Promise.all(hosts.map(async (host) => {
      const sight = await this.#sightOf(host, others.signal);
      if (sight?.isStandby === false) timer ??= setTimeout(() => others.abort(), othersMs);
      return sight;
    }));
    clearTimeout(timer);
    for (const sight of sights) if (sight !== null) this.#noteTimeline(sight);
    this.#left = hosts.flatMap(({ host, port }, at) =>
      sights[at] && this.#isLeftBehind(sights[at]) ? [`${host}:${port}`] : []
    );
    const isUsable = (sight: Sight | null) =>
      sight?.isStandby === false && !this.#isLeftBehind(sight);
    if (this.#made === 0) this.#last = Math.max(0, sights.findIndex(isUsable));
  }

  /** What `lookAround` found that has to be changed; null: nothing. */
  get warning(): string | null {
    return this.#left.length === 0
      ? null
      : `Stop ${this.#left.join(", ")}: it takes writes, although another host was promoted`;
  }

  /** Null: it cannot be reached, or not before `signal`. */
  async #sightOf(
    host: DatabaseAddress["hosts"][number],
    signal: AbortSignal,
  ): Promise<Sight | null> {
    try {
      const { client, sight } = await this.#open(host, signal);
      await bestEffort(client.end());
      return sight;
    } catch {
      return null; // whoever connects to it hears why
    }
  }

  #noteTimeline({ system, timeline }: Sight): void {
    const known = this.#timelines.get(system) ?? 0;
    if (timeline <= known) return;
    this.#timelines.set(system, timeline);
    if (known > 0) this.onPromotion();
  }

  /** It takes writes, and another host was promoted after it. Behind one address there is nothing to choose. */
  #isLeftBehind({ isStandby, system, timeline }: Sight): boolean {
    return this.#address.hosts.length > 1 && !isStandby &&
      timeline < (this.#timelines.get(system) ?? 0);
  }

  async #connectTo(host: DatabaseAddress["hosts"][number]) {
    const { client, sight } = await this.#open(host);
    try {
      if (sight.isStandby) throw standby();
      if (this.#isLeftBehind(sight)) throw leftBehind();
      if (this.instanceId !== null) {
        await client.query(`SET mailctl.instance = ${this.instanceId}`);
      }
      await client.query(`SELECT ${replicationBarrier}`);
      if (this.#isLeftBehind(sight)) throw leftBehind(); // since then: `onPromotion` did not reach this one
      this.#noteTimeline(sight);
      return { client, isReadOnly: sight.isReadOnly };
    } catch (error) {
      await bestEffort(client.end()); // it is lost
      throw error;
    }
  }

  async #open({ host, port }: DatabaseAddress["hosts"][number], signal?: AbortSignal) {
    const { database, user = defaultUser() } = this.#address;
    const password = await findPassword({ host, port, database, user }).catch(noPassword) ?? "";
    const client = newClient({
      host,
      port,
      database,
      user,
      password: () => password,
      ssl: tlsOptions(host, this.#certificates),
      connectionTimeoutMillis: connectMs,
      query_timeout: this.#statementMs === 0 ? 0 : this.#statementMs + graceMs,
      keepAlive: true,
      application_name: "mailctl",
    });
    client.on("error", () => {}); // whoever uses it hears of it
    const cut = () => client.cut();
    signal?.addEventListener("abort", cut);
    try {
      signal?.throwIfAborted();
      await client.connect();
      await client.query(`SET statement_timeout = ${this.#statementMs}; ${settings}`);
      const row = (await client.query(looking)).rows[0]!;
      const found = row["has_system"] === true ? await client.query(lookingForSystem) : null;
      const sight: Sight = {
        isStandby: row["is_standby"] !== false,
        isReadOnly: row["read_only"] === "on",
        timeline: Number(row["timeline"]),
        system: String(found?.rows[0]?.["system"] ?? ""),
      };
      return { client, sight };
    } catch (error) {
      await bestEffort(client.end()); // it is lost
      throw error;
    } finally {
      signal?.removeEventListener("abort", cut);
    }
  }
}

/**
 * How a connection is protected: by TLS with a certificate of the host's own name, unless it stays on this machine and
 * the address names no authority. A socket has no TLS.
 */
export function tlsOptions(host: string, ca: string | undefined): DriverOptions["ssl"] {
  const isPlain = host.startsWith("/") || ca === undefined && isLocalHost(host);
  return isPlain ? false : { rejectUnauthorized: true, ca };
}

/** What keeps a password from being read may be mended while the server runs, as a connection that is lost. */
function noPassword(cause: unknown): never {
  throw Object.assign(new Error("no password", { cause }), { code: "ENOPASSWORD" });
}

/** As PostgreSQL says it where something is to be written. */
function standby(): Error {
  return Object.assign(new Error("the connection is to a standby"), { code: "ENOTPRIMARY" });
}

function leftBehind(): Error {
  const message = "the connection is to a primary that another one has followed";
  return Object.assign(new Error(message), { code: "EOLDPRIMARY" });
}
