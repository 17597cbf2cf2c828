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
/** How often all look, for what was lost; and how long until the connection is tried again. */
const lookMs = 30_000;
const againMs = 1_000;

export type Changed = Pick<SqlConnection, "changedInboxes" | "changedMailboxes">;

export class Hints {
  readonly #connect: () => Promise<DriverClient>;
  readonly #watchers: WatcherSets;
  /** Names this process to the others. */
  readonly #self = crypto.randomUUID();
  readonly #mail = new Set<AccountId>();
  readonly #changes = new Set<AccountId>();
  readonly #onSessions = new Set<(accountId: AccountId | null) => void>();
  #client: DriverClient | null = null;
  #sending: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** How often it was connected. */
  connects = 0;

  constructor(connect: () => Promise<DriverClient>, watchers: WatcherSets) {
    this.#connect = connect;
    this.#watchers = watchers;
  }

  /** Listens from now on. @throws what is wrong with the connection */
  async start(): Promise<void> {
    const client = await this.#connect();
    client.on("notification", ({ payload }) => this.#heard(payload ?? ""));
    client.on("end", () => this.#lost(client));
    await client.query(`SET synchronous_commit = off; LISTEN ${channel}`);
    if (this.#isClosed) return await client.end();
    this.#client = client;
    this.connects++;
    this.#lookAgain(lookMs);
  }

  /** Tells the own process at once, and the others soon: what comes meanwhile goes along. */
  tell({ changedInboxes, changedMailboxes }: Changed): void {
    this.#watchers.mail.tell(changedInboxes);
    this.#watchers.changes.tell(changedMailboxes);
    for (const id of changedInboxes) this.#mail.add(id);
    for (const id of changedMailboxes) this.#changes.add(id);
    this.#sending ??= this.#send().finally(() => this.#sending = null);
  }

  /** As `ProcessStore.watchSessions`. */
  watchSessions(listener: (accountId: AccountId | null) => void): () => void {
    const own = (id: AccountId | null) => listener(id);
    this.#onSessions.add(own);
    return () => void this.#onSessions.delete(own);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#sending;
    await bestEffort(Promise.resolve(this.#client?.end())); // it was lost
  }

  /** What cannot be sent is lost: a hint. */
  async #send(): Promise<void> {
    while (this.#mail.size + this.#changes.size > 0) {
      const payload = [this.#self, take(this.#mail).join(), take(this.#changes).join()].join(" ");
      try {
        await this.#client?.query(`NOTIFY ${channel}, '${payload}'`);
      } catch {
        // whoever listens looks by itself once it was cut, or now and then
      }
    }
  }

  #heard(payload: string): void {
    const [from, mail = "", changes = ""] = payload.split(" ");
    if (from === this.#self) return;
    if (from === "sessions") return this.#tellSessions(accountId(Number(mail)));
    this.#watchers.mail.tell(idsOf(mail));
    this.#watchers.changes.tell(idsOf(changes));
  }

  #tellSessions(id: AccountId | null): void {
    for (const listener of [...this.#onSessions]) listener(id);
  }

  #lost(client: DriverClient): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#lookAgain(0);
  }

  /** Looks, and connects where it is not; then again. */
  #lookAgain(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#look(), ms * (0.75 + Math.random() / 2));
    Deno.unrefTimer(Number(this.#timer));
  }

  async #look(): Promise<void> {
    try {
      if (this.#client === null) {
        await this.start();
        this.#tellSessions(null);
      } else this.#lookAgain(lookMs);
    } catch {
      this.#lookAgain(againMs);
    }
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
