/** Whether the database can be used: told once when that changes, however many calls fail meanwhile. */
import type { StoreTrouble } from "../../process_store.ts";
import type { DatabaseAddress } from "../address.ts";
import { connectReason, placeOf } from "./opening.ts";

/** Hosts that were tried, and what was wrong with each. */
export type HostFailures = readonly (readonly [host: string, error: unknown])[];

export class Availability {
  readonly #address: DatabaseAddress;
  readonly #listeners = new Set<(trouble: StoreTrouble | null) => void>();
  #trouble: StoreTrouble | null = null;

  constructor(address: DatabaseAddress) {
    this.#address = address;
  }

  /** Null: it takes reads and writes, by what was seen last. */
  get trouble(): StoreTrouble | null {
    return this.#trouble;
  }

  /** As `ProcessStore.watchTrouble`. */
  watch(listener: (trouble: StoreTrouble | null) => void): () => void {
    const own = (trouble: StoreTrouble | null) => listener(trouble);
    if (this.#trouble !== null) own(this.#trouble);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** No host takes connections. */
  noteLost(failures: HostFailures): void {
    const reasons = failures.map(([, error]) => connectReason(error, this.#address));
    const told = failures.length === 1
      ? reasons
      : failures.map(([host], at) => `${host}: ${reasons[at]}`);
    this.#change({ kind: "lost", database: placeOf(this.#address), reason: told.join("; ") });
  }

  /** It takes writes. */
  noteGood(): void {
    this.#change(null);
  }

  /** The reason may differ from one try to the next: that is no news. */
  #change(trouble: StoreTrouble | null): void {
    if (trouble?.kind === this.#trouble?.kind) return;
    this.#trouble = trouble;
    for (const listener of [...this.#listeners]) listener(trouble);
  }
}
