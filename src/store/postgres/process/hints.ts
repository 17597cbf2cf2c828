/**
 * What other processes are told after a commit, and tell: for whom it may be worth looking. A hint may be lost, so all
 * are told whenever the connection was cut, and now and then.
 */
import { bestEffort } from "../../../model/promises.ts";
import { type AccountId, accountId } from "../../../model/ids.ts";
import type { WatcherSets } from "../../watchers.ts";
import type { SqlConnection } from "../connection.ts";
import type { DriverClient } from "../driver.ts";

const channel = "mailctl";
/** PostgreSQL takes payloads below 8,000 bytes; ids have 16 digits at most. */
const idsAtOnce = 400;
/** How long after one notification the next may follow, for each of them is a transaction. */
const apartMs = 10;
/** How often all look, for what was lost. */
const lookMs = 30_000;
/** How often the connection is tried. A network may die without a word. */
const tryMs = 3_000;
/** How long that may take: far longer than a database that is busy needs. */
const triedMs = 5_000;
/** How long until a lost connection is made again. */
const againMs = 1_000;

export type Changed = Pick<SqlConnection, "changedInboxes" | "changedMailboxes">;

export interface HintsOptions {
  /** Hears that the database answers nothing: other connections to it are likely to be as dead. */
  readonly onSilence?: () => void;
  /** How often the connection is tried, in milliseconds. */
  readonly tryMs?: number;
  /** How long that may take, in milliseconds. */
  readonly triedMs?: number;
}

export class Hints {
  readonly #connect: () => Promise<DriverClient>;
  readonly #watchers: WatcherSets;
  readonly #onSilence: () => void;
  readonly #tryMs: number;
  readonly #triedMs: number;
  /** Names this process to the others. */
  readonly #self = crypto.randomUUID();
  readonly #mail = new Set<AccountId>();
  readonly #changes = new Set<AccountId>();
  readonly #onSessions = new Set<(accountId: AccountId | null) => void>();
  readonly #onKey = new Set<() => void>();
  #client: DriverClient | null = null;
  /** The next one, until it listens. */
  #coming: DriverClient | null = null;
  #sending: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When all are to look. */
  #lookAt = 0;
  #isClosed = false;
  /** How often it was connected. */
  connects = 0;

  constructor(
    connect: () => Promise<DriverClient>,
    watchers: WatcherSets,
    options: HintsOptions = {},
  ) {
    this.#connect = connect;
    this.#watchers = watchers;
    this.#onSilence = options.onSilence ?? (() => {});
    this.#tryMs = options.tryMs ?? tryMs;
    this.#triedMs = options.triedMs ?? triedMs;
  }

  /** Listens from now on. @throws what is wrong with the connection */
  async start(): Promise<void> {
    const client = this.#coming = await this.#connect();
    client.on("notification", ({ payload }) => this.#heard(payload ?? ""));
    client.on("end", () => this.#lost(client));
    try {
      await client.query(`SET synchronous_commit = off; LISTEN ${channel}`);
    } catch (error) {
      client.cut();
      throw error;
    } finally {
      this.#coming = null;
    }
    if (this.#isClosed) return await client.end();
    this.#client = client;
    this.connects++;
    this.#sendSoon();
    this.#tryAgain(this.#tryMs);
  }

  /** Tells the own process at once, and the others soon: what comes shortly after one notification waits for the next. */
  tell({ changedInboxes, changedMailboxes }: Changed): void {
    this.#watchers.mail.tell(changedInboxes);
    this.#watchers.changes.tell(changedMailboxes);
    for (const id of changedInboxes) this.#mail.add(id);
    for (const id of changedMailboxes) this.#changes.add(id);
    this.#sendSoon();
  }

  /** Asks on its connection, for which no call waits. @throws where there is none, and what it throws */
  async ask(text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    if (this.#client === null) throw new Error("no connection");
    return (await this.#client.query(text)).rows;
  }

  /** As `ProcessStore.watchSessions`. */
  watchSessions(listener: (accountId: AccountId | null) => void): () => void {
    const own = (id: AccountId | null) => listener(id);
    this.#onSessions.add(own);
    return () => void this.#onSessions.delete(own);
  }

  /** As `ProcessStore.watchKey`. */
  watchKey(listener: () => void): () => void {
    const own = () => listener();
    this.#onKey.add(own);
    return () => void this.#onKey.delete(own);
  }

  /** Makes the connection anew. */
  cut(): void {
    this.#client?.cut();
    this.#coming?.cut();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#sending;
    const client = this.#client;
    this.#client = null; // its end is no silence
    await bestEffort(Promise.resolve(client?.end())); // it was lost
  }

  #sendSoon(): void {
    this.#sending ??= this.#send().finally(() => this.#sending = null);
  }

  /** What cannot be sent waits for the next connection. */
  async #send(): Promise<void> {
    while (this.#client !== null && this.#mail.size + this.#changes.size > 0) {
      const [mail, changes] = [take(this.#mail), take(this.#changes)];
      const text = `NOTIFY ${channel}, '${[this.#self, mail.join(), changes.join()].join(" ")}'`;
      try {
        await this.#client.query({ text, rowMode: "array", query_timeout: this.#triedMs });
      } catch {
        for (const id of mail) this.#mail.add(id);
        for (const id of changes) this.#changes.add(id);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, apartMs));
    }
  }

  #heard(payload: string): void {
    const [from, mail = "", changes = ""] = payload.split(" ");
    if (from === this.#self) return;
    if (from === "key") return this.#tellKey();
    if (from === "sessions") return this.#tellSessions(accountId(Number(mail)));
    this.#watchers.mail.tell(idsOf(mail));
    this.#watchers.changes.tell(idsOf(changes));
  }

  #tellSessions(id: AccountId | null): void {
    for (const listener of [...this.#onSessions]) listener(id);
  }

  #tellKey(): void {
    for (const listener of [...this.#onKey]) listener();
  }

  #lost(client: DriverClient): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#tryAgain(0);
  }

  #tryAgain(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#try(), ms * (0.75 + Math.random() / 2));
    Deno.unrefTimer(Number(this.#timer));
  }

  /** Sees to it that it is connected. All look where it was not, and now and then. */
  async #try(): Promise<void> {
    const client = this.#client;
    try {
      if (client === null) {
        await this.start();
        this.#tellSessions(null);
        this.#tellKey();
      } else await client.query({ text: "SELECT", rowMode: "array", query_timeout: this.#triedMs });
    } catch {
      if (client === null) return this.#tryAgain(againMs);
      if (client !== this.#client) return; // it has ended by itself
      client.cut();
      this.#onSilence();
      return this.#lost(client);
    }
    this.#sendSoon();
    this.#tryAgain(this.#tryMs);
    if (client === null || performance.now() >= this.#lookAt) this.#tellAll();
  }

  #tellAll(): void {
    this.#lookAt = performance.now() + lookMs;
    this.#watchers.mail.tellAll();
    this.#watchers.changes.tellAll();
  }
}

function take(ids: Set<AccountId>): AccountId[] {
  const some = [...ids].slice(0, idsAtOnce);
  for (const id of some) ids.delete(id);
  return some;
}

function idsOf(text: string): AccountId[] {
  return text === "" ? [] : text.split(",").map((id) => accountId(Number(id)));
}
