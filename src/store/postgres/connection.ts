/**
 * One connection at work: statements, rows, and the transaction of a call. Before the first change the accounts whose
 * mailboxes the call touches are locked, all at once: see `lock`.
 */
import type { AccountId } from "../../model/ids.ts";
import type { AccountRate } from "../account_store.ts";
import { DueFirst } from "../failures.ts";
import type { Actor, Cause } from "../store.ts";
import type { DriverClient, QueryResult, SqlValue } from "./driver.ts";

export type { SqlValue } from "./driver.ts";

/**
 * What a connection is for: one statement that reads (`asking`), or that changes something by itself (`calling`), a
 * snapshot (`reading`), a call that may change something (`looking`), and has begun to (`writing`).
 */
type State = "asking" | "calling" | "reading" | "looking" | "writing";

/** A name for each text: a connection parses and plans what has one once. */
const names = new Map<string, string>();

export class SqlConnection {
  readonly #client: DriverClient;
  /** For whom it works. A function that is called sees to the session and the rate by itself. */
  readonly cause: Cause;
  #asked = 0;
  #state: State;
  /** Accounts into whose inbox something was put. */
  readonly changedInboxes = new Set<AccountId>();
  /** Accounts in whose mailbox anything changed. */
  readonly changedMailboxes = new Set<AccountId>();

  constructor(client: DriverClient, cause: Cause, state: Exclude<State, "writing">) {
    this.#client = client;
    this.cause = cause;
    this.#state = state;
  }

  /** True once the call has locked something, and so may have changed it. */
  get isWriting(): boolean {
    return this.#state === "writing";
  }

  /** Runs one statement and returns how many rows it changed. */
  async run(sql: string, ...values: SqlValue[]): Promise<number> {
    if (this.#state !== "writing") throw new TypeError("Cannot change anything before `lock`");
    return (await this.#query(sql, values)).rowCount ?? 0;
  }

  /** Inserts one row and returns its id: the statement ends by `RETURNING id`. */
  async insert(sql: string, ...values: SqlValue[]): Promise<number> {
    return (await this.one<{ id: number }>(sql, ...values)).id;
  }

  /** Returns the first row. A column of the name `stored_at` is `storedAt` there. */
  async get<Row>(sql: string, ...values: SqlValue[]): Promise<Row | undefined> {
    return (await this.all<Row>(sql, ...values))[0];
  }

  /** Returns the first row of a statement that always has one. */
  async one<Row>(sql: string, ...values: SqlValue[]): Promise<Row> {
    return (await this.get<Row>(sql, ...values))!;
  }

  async all<Row>(sql: string, ...values: SqlValue[]): Promise<Row[]> {
    return rowsOf<Row>(await this.#query(sql, values));
  }

  /**
   * Begins the transaction of a call that changes something, and locks the mailboxes of accounts in the order of their
   * ids: so no two calls wait for each other, and whatever is read from now on stays so. Once a call, and before it
   * reads anything that it decides by. An empty list where no mailbox is touched. What was read before was in no transaction.
   * @throws {MailError} `unavailable` where the session that asks is over; `try_later` over its rate
   */
  async lock(accounts: Iterable<AccountId>): Promise<void> {
    if (this.#state !== "looking") throw new TypeError("Cannot lock now: once, in a write");
    const { actor, rate } = this.cause;
    const counts = actor !== null && rate !== undefined;
    const ids = [...new Set(counts ? [...accounts, actor.id] : accounts)].sort((a, b) => a - b);
    this.#state = "writing";
    // One round trip for all: so the numbers stand in the text.
    const locking = `lock_mailboxes('{${ids.map(Number).join(",")}}', ${actorText(actor)})`;
    const taking = counts ? `; SELECT take(${Number(actor.id)}, 1, ${rateText(rate)})` : "";
    await this.#client.query(`BEGIN; SELECT ${locking}${taking}`);
  }

  /** Begins a snapshot that several statements read. @throws {MailError} as `lock` does */
  async beginReading(): Promise<void> {
    const actor = actorText(this.cause.actor);
    await this.#client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT admit(${actor})`,
    );
  }

  /** Ends the transaction, with one more statement. */
  async commit(statement: string): Promise<void> {
    await this.#client.query(`${statement}; COMMIT`);
  }

  /** Ends it where nothing was changed, or nothing is to be. */
  async rollBack(): Promise<void> {
    await this.#client.query("ROLLBACK");
  }

  /** @throws {MailError} `unavailable` where the session that asks is over */
  async requireCurrent(): Promise<void> {
    const { actor } = this.cause;
    if (actor !== null) await this.#client.query(`SELECT admit(${actorText(actor)})`);
  }

  async #query(sql: string, values: readonly SqlValue[]): Promise<QueryResult> {
    if (this.#state !== "asking") return await this.#send(sql, values);
    if (this.#asked++ > 0) throw new TypeError("Cannot ask twice: use a snapshot");
    const { actor, asOf } = this.cause;
    if (actor === null) return await this.#send(sql, values);
    const { id, epoch, device = null } = actor;
    const asked = [...values, id, epoch, device];
    if (asOf === undefined) return admitted(await this.#send(admitting(sql, values.length), asked));
    const found = await this.#send(datedAdmitting(sql, values.length), [...asked, asOf()]);
    if (found.rows[0]![0] === true) throw new DueFirst();
    return admitted(withoutFirst(found));
  }

  #send(text: string, values: readonly SqlValue[]): Promise<QueryResult> {
    const name = names.getOrInsertComputed(text, () => `s${names.size}`);
    return this.#client.query({ name, text, values, rowMode: "array" });
  }
}

/** The statement for a session: in the same snapshot it is seen whether that is over. */
function admitting(sql: string, values: number): string {
  return `SELECT q.* FROM admit($${values + 1}, $${values + 2}, $${values + 3})
    LEFT JOIN (SELECT true AS found, r.* FROM (${sql}) r) q ON true`;
}

/** The same, telling first whether anything is due: in every row, of which there is one at least. */
function datedAdmitting(sql: string, values: number): string {
  return `SELECT is_due, q.* FROM admit($${values + 1}, $${values + 2}, $${values + 3})
    CROSS JOIN has_due($${values + 1}, $${values + 4}) AS is_due
    LEFT JOIN (SELECT true AS found, r.* FROM (${sql}) r) q ON true`;
}

/** Takes what `admitting` added off again: the first column, and the row that stands for none. */
function admitted(result: QueryResult): QueryResult {
  const found = result.rows.filter(([isFound]) => isFound === true);
  return withoutFirst({ ...result, rows: found, rowCount: found.length });
}

function withoutFirst({ rows, fields, rowCount }: QueryResult): QueryResult {
  return { rows: rows.map((row) => row.slice(1)), fields: fields.slice(1), rowCount };
}

/** A rate as arguments: its place, milliseconds of one try and of all, and what a try is. Undefined: all are always there. */
export function rateValues(rate: AccountRate | undefined) {
  if (rate === undefined) return [1, 0, Infinity, ""] as const;
  const { place, burst, perSecond, meaning } = rate;
  return [place, 1000 / perSecond, 1000 / perSecond * burst, meaning] as const;
}

/** The same in the text of a statement. */
function rateText(rate: AccountRate): string {
  const [place, ms, allMs, meaning] = rateValues(rate);
  return `${place}, ${ms}, ${allMs}, '${meaning.replaceAll("'", "''")}'`;
}

/** Who asks, as arguments in the text of a statement. */
function actorText(actor: Actor | null): string {
  if (actor === null) return "NULL, NULL, NULL";
  const device = actor.device === undefined ? "NULL" : `'\\x${actor.device.toHex()}'`;
  return `${Number(actor.id)}, ${Number(actor.epoch)}, ${device}`;
}

function rowsOf<Row>({ rows, fields }: QueryResult): Row[] {
  const columns = fields.map(({ name }) => camelCase(name));
  return rows.map((row) =>
    Object.fromEntries(columns.map((column, at) => [column, row[at]])) as Row
  );
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
