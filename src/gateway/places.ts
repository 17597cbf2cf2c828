/**
 * Who has a place among mail programs. Callers of one network count as one, and the one that takes most makes room for
 * others. Where nobody takes more, a caller makes room for itself.
 */
import { addressGroup } from "../service/client_address.ts";

/** What holds a place. */
interface Closable {
  readonly remoteAddress: string;
  close(): void;
}

export interface Taken {
  readonly connection: Closable;
  readonly group: string;
  /** When it came, milliseconds. */
  readonly since: number;
  isAtWork: boolean;
}

export class Places {
  readonly #taken = new Set<Taken>();
  /** Those of each group, oldest first. */
  readonly #groups = new Map<string, Set<Taken>>();

  get size(): number {
    return this.#taken.size;
  }

  /** Places of the group that an address belongs to. */
  of(address: string): number {
    return this.#groups.get(addressGroup(address))?.size ?? 0;
  }

  add(connection: Closable, now: number): Taken {
    const group = addressGroup(connection.remoteAddress);
    const taken = { connection, group, since: now, isAtWork: false };
    this.#taken.add(taken);
    this.#groups.getOrInsertComputed(group, () => new Set()).add(taken);
    return taken;
  }

  /** Twice is harmless. */
  remove(taken: Taken): void {
    if (!this.#taken.delete(taken)) return;
    const own = this.#groups.get(taken.group)!;
    own.delete(taken);
    if (own.size === 0) this.#groups.delete(taken.group);
  }

  /** Closes those that are not at work and came before. */
  closeIdle(before: number): void {
    for (const each of this.#taken) {
      if (!each.isAtWork && each.since <= before) this.#close(each);
    }
  }

  /**
   * Makes room for a newcomer in the group that has most: the oldest that is not at work, else the oldest. Where no group
   * has more than the newcomer's own, that one makes room, but with none that is at work. False: it cannot.
   */
  evictFor(address: string): boolean {
    const own = this.#groups.get(addressGroup(address)) ?? new Set();
    let heaviest: ReadonlySet<Taken> = own;
    for (const group of this.#groups.values()) if (group.size > heaviest.size) heaviest = group;
    const isAnothers = heaviest.size > Math.max(1, own.size);
    const leaving = [...isAnothers ? heaviest : own];
    const idle = leaving.find(({ isAtWork }) => !isAtWork);
    const evicted = idle ?? (isAnothers ? leaving[0] : undefined);
    if (evicted === undefined) return false;
    this.#close(evicted);
    return true;
  }

  closeAll(): void {
    for (const each of this.#taken) each.connection.close();
  }

  #close(taken: Taken): void {
    this.remove(taken);
    taken.connection.close();
  }
}
