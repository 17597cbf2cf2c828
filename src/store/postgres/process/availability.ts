/** Whether the database can be used: told once when that changes, however many calls fail meanwhile. */
import type { StoreTrouble } from "../../process_store.ts";
import type { DatabaseAddress } from "../address.ts";
import { isDiskFull, isReadOnly } from "../failures.ts";
import { connectReason, placeOf } from "./opening.ts";

/** For how long a call is tried, in milliseconds: a standby is promoted meanwhile. */
const triedMs = 30_000;
/** After so long nobody expects that any more: then a call is tried for a moment. */
const hopelessMs = 60_000;
const leastMs = 2_000;
/** After so long without a write a store that is blocked counts as stuck, in milliseconds. */
const quietMs = 60_000;
/** How long nothing may have failed until a write is a sign that all is well, in milliseconds. */
const calmMs = 60_000;

/** Hosts that were tried, and what was wrong with each. */
export type HostFailures = readonly (readonly [host: string, error: unknown])[];

export class Availability {
  readonly #address: DatabaseAddress;
  readonly #listeners = new Set<(trouble: StoreTrouble | null) => void>();
  #trouble: StoreTrouble | null = null;
  readonly #clock: () => number;
  /** When something failed last, and since when there is this trouble, by the clock. */
  #failedAt = -Infinity;
  #since = -Infinity;
  /** When the first of the calls waited that are blocked, and when a call was carried out that somebody asked for. */
  #waitedAt = -Infinity;
  #doneAt = -Infinity;

  /** `clock`: milliseconds since any moment; never set back. */
  constructor(address: DatabaseAddress, clock = () => performance.now()) {
    this.#address = address;
    this.#clock = clock;
  }

  /** Null: it takes reads and writes, by what was seen last. */
  get trouble(): StoreTrouble | null {
    return this.#trouble;
  }

  /** For how long a call that begins now is tried, in milliseconds. */
  get triedMs(): number {
    if (this.#trouble?.kind !== "lost") return triedMs;
    return Math.max(leastMs, Math.min(triedMs, this.#since + hopelessMs - this.#clock()));
  }

  /** Calls wait, and nothing that somebody asked for has been committed since: others would wait as well. */
  get isStuck(): boolean {
    if (this.#trouble?.kind !== "blocked") return false;
    return this.#doneAt <= Math.max(this.#waitedAt, this.#clock() - quietMs);
  }

  /** The trouble in words, as `ProcessStore.warnings`. */
  warnings(): string[] {
    if (this.#trouble === null) return [];
    const { kind, database, reason } = this.#trouble;
    return [`The database ${database} is ${kind}: ${reason}`];
  }

  /** As `ProcessStore.watchTrouble`. */
  watch(listener: (trouble: StoreTrouble | null) => void): () => void {
    const own = (trouble: StoreTrouble | null) => listener(trouble);
    if (this.#trouble !== null) own(this.#trouble);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** A call was refused. Other failures are nothing of the database's own. */
  noteRefusal(error: unknown): void {
    if (isReadOnly(error)) this.noteReadOnly();
    if (isDiskFull(error)) this.#tell("full", "no space is left on its disk");
  }

  /** It is read, but takes no writes. */
  noteReadOnly(): void {
    this.#tell("read-only", "default_transaction_read_only is on");
  }

  /** No host takes connections. */
  noteLost(failures: HostFailures): void {
    const reasons = failures.map(([, error]) => connectReason(error, this.#address));
    const told = failures.length === 1
      ? reasons
      : failures.map(([host], at) => `${host}: ${reasons[at]}`);
    this.#tell("lost", told.join("; "));
  }

  /** Calls take too long. `reason`: what they wait for; `waitedAt`: since when, by the clock. */
  noteBlocked(reason: string, waitedAt: number): void {
    if (this.#trouble !== null) return;
    this.#waitedAt = waitedAt;
    this.#tell("blocked", reason);
  }

  /** Calls are in time again. */
  noteUnblocked(): void {
    if (this.#trouble?.kind === "blocked") this.#change(null);
  }

  /** A connection was made to a host that takes writes. */
  noteConnected(): void {
    const { kind } = this.#trouble ?? {};
    if (kind !== "full" && kind !== "blocked") this.#change(null);
  }

  /** Something was committed that somebody asked for, not mailctl itself. */
  noteDone(): void {
    this.#doneAt = this.#clock();
  }

  /** A write was carried out: perhaps one that had room yet, or on a connection that is there when no other can be made. */
  noteWrite(): void {
    const { kind } = this.#trouble ?? {};
    const isCalm = this.#clock() - this.#failedAt > calmMs;
    if (kind !== "blocked" && (isCalm || kind === "read-only")) this.#change(null);
  }

  #tell(kind: StoreTrouble["kind"], reason: string): void {
    this.#failedAt = this.#clock();
    this.#change({ kind, database: placeOf(this.#address), reason });
  }

  /** The reason may differ from one try to the next: that is no news. */
  #change(trouble: StoreTrouble | null): void {
    if (trouble?.kind === this.#trouble?.kind) return;
    this.#trouble = trouble;
    this.#since = this.#clock();
    for (const listener of [...this.#listeners]) listener(trouble);
  }
}
