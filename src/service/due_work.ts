/**
 * What falls due by itself: mail that waits, expires or is kept no longer, accounts that close. Bounded steps, one after
 * the other.
 */
import type { AccountId } from "../model/ids.ts";
import { bestEffort } from "../model/promises.ts";
import type { Quota } from "../store/administration_store.ts";
import type { BounceStore } from "../store/bounce_store.ts";
import { DueFirst } from "../store/failures.ts";
import type { HeldStore } from "../store/held_store.ts";
import type { Actor, Store } from "../store/store.ts";
import type { RetentionSweep } from "./retention_sweep.ts";

/** Steps that somebody waits for; what is left is done behind them. */
const awaitedSteps = 200;

export class DueWork {
  readonly #store: HeldStore & BounceStore & Pick<Store, "as">;
  readonly #now: () => number;
  readonly #retentionSweep: RetentionSweep;
  readonly #quota: Quota | undefined;
  #running: Promise<void> | null = null;
  #stopped = false;

  /** `now`: milliseconds since 1970. `quota`: what a mailbox may hold that has none of its own. */
  constructor(
    store: HeldStore & BounceStore & Pick<Store, "as">,
    now: () => number,
    { retentionSweep, quota }: { readonly retentionSweep: RetentionSweep; readonly quota?: Quota },
  ) {
    this.#store = store;
    this.#now = now;
    this.#retentionSweep = retentionSweep;
    this.#quota = quota;
  }

  /** Does all that is due, once however many ask for it at the same time. */
  run(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => this.#running = null);
    return this.#running;
  }

  /** Does much of what is due and returns whether that was all. */
  async runSome(): Promise<boolean> {
    return !await this.#steps(null);
  }

  /** Reads of an account's mail, by one call, what is as it has to be now: where something is due, that is done first. */
  async read<Found>(account: Actor, work: (store: Store) => Promise<Found>): Promise<Found> {
    try {
      return await work(this.#store.as(account, { asOf: this.#now }));
    } catch (error) {
      if (!(error instanceof DueFirst)) throw error;
    }
    await this.bringUpToDate(account.id);
    return await work(this.#store.as(account));
  }

  /** Puts in what was waiting for its time, and takes out what expired of one account: it is as it has to be now. */
  async bringUpToDate(accountId: AccountId): Promise<void> {
    await bestEffort(this.#releases()); // `run` tries again and tells; this account's list needs no room for others' mail
    await this.#steps(accountId);
  }

  /** Milliseconds until something has to be released; null: nothing waits. */
  async untilNext(): Promise<number | null> {
    const at = await this.#store.nextDelivery();
    return at === null ? null : Math.max(0, at - this.#now());
  }

  /** Does no more, and waits for the step that was begun. What is left, the next start finds. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#running !== null) await bestEffort(this.#running); // whoever called `run` hears of it
  }

  async #runAll(): Promise<void> {
    await this.#deliver();
    while (await this.#steps(null)) await this.#deliver();
    while (!this.#stopped && await this.#retentionSweep.step(this.#quota)) await this.#deliver();
  }

  /** Puts in all that is due by now, also between the parts of work that may take long. */
  async #deliver(): Promise<void> {
    while (await this.#releases());
  }

  /** Returns whether there may be more. */
  #releases(): Promise<boolean> {
    return this.#inSteps(() => this.#store.deliverDue(this.#now(), this.#quota));
  }

  /** Returns whether there may be more. */
  #steps(accountId: AccountId | null): Promise<boolean> {
    return this.#inSteps(() => this.#store.expireDue(accountId, this.#now(), this.#quota));
  }

  async #inSteps(act: () => Promise<boolean>): Promise<boolean> {
    for (let step = 0; step < awaitedSteps; step++) {
      if (this.#stopped || !await act()) return false;
    }
    return true;
  }
}
