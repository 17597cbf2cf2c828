/** Who is connected, who may still come in, and whose time is up. Knows no socket and no clock. */
import type { AccountId } from "../model/ids.ts";
import { addressGroup, isLocal } from "../service/client_address.ts";

/** One connection's place. */
export interface ConnectionSlot {
  readonly address: string;
  /** When it came, milliseconds. */
  readonly since: number;
  /** When it has to go unless something happens before; milliseconds. */
  deadline: number;
  /** What that something is, for the log. */
  waitingFor: string;
  /** True once the server took it away: what is still asked for on it is not done. */
  readonly revoked: boolean;
}

export interface TableOptions {
  readonly maxConnections: number;
  /** Of one account, from wherever. */
  readonly maxConnectionsPerAccount: number;
  /** Not for the server's own machine. */
  readonly maxConnectionsPerAddress: number;
}

interface Taken extends ConnectionSlot {
  readonly group: string;
  /** Once it has logged in. */
  account: AccountId | null;
  /** What names the device that it logged in from, if it is one. */
  device: string | null;
  revoked: boolean;
  readonly close: () => void;
}

/** Connections of one group: those that have not logged in, oldest first, and how many there are in all. */
interface Group {
  readonly pending: Set<Taken>;
  count: number;
}

export class ConnectionTable {
  readonly #options: TableOptions;
  readonly #slots = new Set<Taken>();
  readonly #groups = new Map<string, Group>();
  /** Connections of each account, those that logged in first coming first. */
  readonly #accounts = new Map<AccountId, Set<Taken>>();

  constructor(options: TableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#slots.size;
  }

  /**
   * Gives a newcomer a place. When all are taken, the oldest connection that has not logged in makes room, out of
   * the group that has most of them: whoever floods pushes out its own. Where everybody has logged in, it is the oldest
   * of the account that has the most. Null: there is no such account, each has one.
   */
  admit(address: string, now: number, close: () => void): ConnectionSlot | null {
    const group = addressGroup(address);
    const { maxConnections, maxConnectionsPerAddress } = this.#options;
    const own = this.#groups.get(group);
    if (!isLocal(address) && (own?.count ?? 0) >= maxConnectionsPerAddress && !this.#evict(own)) {
      return null;
    }
    const isFull = this.#slots.size >= maxConnections;
    if (isFull && !this.#evict(this.#heaviest()) && !this.#evictOfAccount()) return null;
    const slot = {
      address,
      group,
      close,
      account: null,
      device: null,
      since: now,
      deadline: Infinity,
      waitingFor: "",
      revoked: false,
    };
    this.#add(slot);
    return slot;
  }

  /** From now on the connection keeps its place, unless its account takes too many: then the oldest goes. */
  logIn(slot: ConnectionSlot, account: AccountId, device: string | null = null): void {
    const taken = slot as Taken;
    taken.device = device;
    if (!this.#slots.has(taken) || taken.account !== null) return;
    this.#groups.get(taken.group)?.pending.delete(taken);
    taken.account = account;
    const own = this.#accounts.getOrInsertComputed(account, () => new Set());
    own.add(taken);
    if (own.size > this.#options.maxConnectionsPerAccount) this.#close(own.values().next().value!);
  }

  /** Closes every other connection of the same account. */
  endOthers(slot: ConnectionSlot): void {
    const { account } = slot as Taken;
    const own = account === null ? undefined : this.#accounts.get(account);
    for (const other of [...own ?? []]) if (other !== slot) this.#close(other);
  }

  /** Closes every other connection of the same account that one of its devices logged in on. */
  endDevice(slot: ConnectionSlot, device: string): void {
    const { account } = slot as Taken;
    const own = account === null ? undefined : this.#accounts.get(account);
    for (const other of [...own ?? []]) {
      if (other !== slot && other.device === device) this.#close(other);
    }
  }

  /** Takes the connection out. Twice is harmless. */
  leave(slot: ConnectionSlot): void {
    const taken = slot as Taken;
    if (!this.#slots.delete(taken)) return;
    const group = this.#groups.get(taken.group)!;
    group.pending.delete(taken);
    if (--group.count === 0) this.#groups.delete(taken.group);
    if (taken.account === null) return;
    const own = this.#accounts.get(taken.account)!;
    own.delete(taken);
    if (own.size === 0) this.#accounts.delete(taken.account);
  }

  /** Closes every connection whose deadline is over, and tells which. */
  sweep(now: number): ConnectionSlot[] {
    const late = [...this.#slots].filter(({ deadline }) => deadline <= now);
    for (const slot of late) this.#close(slot);
    return late;
  }

  /** Connections that an account has logged in on. */
  sessionsOf(account: AccountId): number {
    return this.#accounts.get(account)?.size ?? 0;
  }

  /** Accounts that are logged in on some connection. */
  get accountsOnline(): number {
    return this.#accounts.size;
  }

  /** The same, which they are. */
  get accounts(): AccountId[] {
    return [...this.#accounts.keys()];
  }

  /** Closes one connection. */
  end(slot: ConnectionSlot): void {
    if (this.#slots.has(slot as Taken)) this.#close(slot as Taken);
  }

  /** Closes every connection of an account. */
  closeAccount(account: AccountId): void {
    for (const slot of [...this.#accounts.get(account) ?? []]) this.#close(slot);
  }

  /** Closes every connection; returns how many there were. */
  closeAll(): number {
    const all = [...this.#slots];
    for (const slot of all) this.#close(slot);
    return all.length;
  }

  #add(slot: Taken): void {
    const group = this.#groups.getOrInsertComputed(
      slot.group,
      () => ({ pending: new Set(), count: 0 }),
    );
    group.pending.add(slot);
    group.count++;
    this.#slots.add(slot);
  }

  #close(slot: Taken): void {
    slot.revoked = true;
    this.leave(slot);
    slot.close();
  }

  #evict(group: Group | undefined): boolean {
    const oldest = group?.pending.values().next().value;
    if (oldest === undefined) return false;
    this.#close(oldest);
    return true;
  }

  #evictOfAccount(): boolean {
    let most: Set<Taken> | undefined;
    for (const own of this.#accounts.values()) if (own.size > (most?.size ?? 1)) most = own;
    if (most === undefined) return false;
    this.#close(most.values().next().value!);
    return true;
  }

  #heaviest(): Group | undefined {
    let heaviest: Group | undefined;
    for (const group of this.#groups.values()) {
      if (group.pending.size > (heaviest?.pending.size ?? 0)) heaviest = group;
    }
    return heaviest;
  }
}
