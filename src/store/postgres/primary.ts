/** Connections to the primary of a database, whichever of its hosts that is now. */
import { bestEffort } from "../../model/promises.ts";
import { type DatabaseAddress, isLocalHost } from "./address.ts";
import { type DriverClient, newClient } from "./driver.ts";

/** Far more than a network takes, far less than anybody waits. */
const connectMs = 5_000;
/** What PostgreSQL ends by itself, in milliseconds: a statement, a wait for a lock, a transaction where nothing is asked. */
const statementMs = 10_000;
const lockMs = 5_000;
const idleMs = 15_000;

/**
 * Of each connection. Plans depend neither on values nor on statistics, so that none becomes slow one day: a test
 * reads them all.
 */
const settings = `
  SET statement_timeout = ${statementMs};
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
`;

export class Primary {
  readonly #address: DatabaseAddress;
  readonly #certificates: string | undefined;
  /** Which host was the primary last. */
  #last = 0;

  /** `certificates`: those that a host's own must come from, in PEM; absent: those of the system. */
  constructor(address: DatabaseAddress, certificates?: string) {
    this.#address = address;
    this.#certificates = certificates;
  }

  /** Makes a connection to the host that takes writes. @throws what is wrong with the last that was tried */
  async connect(): Promise<DriverClient> {
    const { hosts } = this.#address;
    let wrong: unknown;
    for (let tried = 0; tried < hosts.length; tried++) {
      const at = (this.#last + tried) % hosts.length;
      try {
        const client = await this.#connectTo(hosts[at]!);
        this.#last = at;
        return client;
      } catch (error) {
        wrong = error;
      }
    }
    throw wrong;
  }

  async #connectTo({ host, port }: DatabaseAddress["hosts"][number]): Promise<DriverClient> {
    const client = newClient({
      host,
      port,
      database: this.#address.database,
      user: this.#address.user,
      ssl: isLocalHost(host) ? false : { rejectUnauthorized: true, ca: this.#certificates },
      connectionTimeoutMillis: connectMs,
      query_timeout: 2 * statementMs,
      keepAlive: true,
      application_name: "mailctl",
    });
    client.on("error", () => {}); // whoever uses it hears of it
    try {
      await client.connect();
      await client.query(settings);
      const { rows } = await client.query("SELECT pg_is_in_recovery() AS is_standby");
      if (rows[0]!["is_standby"] !== false) throw standby();
      return client;
    } catch (error) {
      await bestEffort(client.end()); // it is lost
      throw error;
    }
  }
}

/** As PostgreSQL says it where something is to be written. */
function standby(): Error {
  return Object.assign(new Error("the connection is to a standby"), { code: "ENOTPRIMARY" });
}
