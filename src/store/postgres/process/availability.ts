/** Whether the database can be used: told once when that changes, however many calls fail meanwhile. */
import type { StoreTrouble } from "../../process_store.ts";
import type { DatabaseAddress } from "../address.ts";
import { isDiskFull, isReadOnly } from "../failures.ts";
import { connectReason, placeOf } from "./opening.ts";

/** A disk has room again once no write was refused for so long, in milliseconds. */
const calmMs = 60_000;

/** Hosts that were tried, and what was wrong with each. */
export type HostFailures = readonly (readonly [host: string, error: unknown])[];

export class Availability {
  readonly #address: DatabaseAddress;
  readonly #listeners = new Set<(trouble: StoreTrouble | null) => void>();
  #trouble: StoreTrouble | null = null;
  /** When the disk had no room last, by `performance.now()`. */
  #fullAt = -Infinity;

  constructor(address: DatabaseAddress) {
    this.#address = address;
  }

  /** Null: it takes reads and writes, by what was seen last. */
  get trouble(): StoreTrouble | null {
    return this.#trouble;
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
    if (isDiskFull(error)) this.#noteFull();
  }

  /** It is read, but takes no writes. */
  noteReadOnly(): void {
    this.#tell("read-only", "default_transaction_read_only is on");
  }

  #noteFull(): void {
    this.#fullAt = performance.now();
    this.#tell("full", "no space is left on its disk");
  }

  /** No host takes connections. */
  noteLost(failures: HostFailures): void {
    const reasons = failures.map(([, error]) => connectReason(error, this.#address));
    const told = failures.length === 1
      ? reasons
      : failures.map(([host], at) => `${host}: ${reasons[at]}`);
    this.#tell("lost", told.join("; "));
  }

  /** A host takes writes, or took one: where the disk is full, it may have had room for that one alone. */
  noteGood(): void {
    const isFull = this.#trouble?.kind === "full";
    if (!isFull || performance.now() - this.#fullAt > calmMs) this.#change(null);
  }

  #tell(kind: StoreTrouble["kind"], reason: string): void {
    this.#change({ kind, database: placeOf(this.#address), reason });
  }

  /** The reason may differ from one try to the next: that is no news. */
  #change(trouble: StoreTrouble | null): void {
    if (trouble?.kind === this.#trouble?.kind) return;
    this.#trouble = trouble;
    for (const listener of [...this.#listeners]) listener(trouble);
  }
}
