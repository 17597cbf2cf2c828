/** A few connections for however many callers. */
import { bestEffort } from "../../model/promises.ts";
import { storeClosed } from "../failures.ts";
import type { DriverClient } from "./driver.ts";

/** More are of no more use: each is a process of the database's, and commits are grouped anyway. */
const most = 8;

export class Pool {
  readonly #connect: () => Promise<DriverClient>;
  readonly #idle: DriverClient[] = [];
  /** Those that are made, idle or lent. */
  readonly #open = new Set<DriverClient>();
  /** Those that are used no more once they are given back. */
  readonly #old = new WeakSet<DriverClient>();
  readonly #waiting: PromiseWithResolvers<DriverClient | null>[] = [];
  /** Made or being made. */
  #count = 0;
  #isClosed = false;

  constructor(connect: () => Promise<DriverClient>) {
    this.#connect = connect;
  }

  /** Callers that wait for a connection. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Lends a connection for as long as `work` takes; where `isLost` says so of what it throws, it is used no more.
   * @throws what `work` throws, and what is wrong with making a connection
   */
  async use<T>(
    work: (client: DriverClient) => Promise<T>,
    isLost: (error: unknown) => boolean,
  ): Promise<T> {
    const client = await this.#take();
    let lost = true;
    try {
      const result = await work(client);
      lost = false;
      return result;
    } catch (error) {
      lost = isLost(error);
      throw error;
    } finally {
      this.#giveBack(client, lost);
    }
  }

  /** Makes all connections anew: those that are lent once they are given back. */
  renew(): void {
    for (const client of this.#open) this.#old.add(client);
    for (const client of this.#idle.splice(0)) void this.#end(client);
  }

  /** Lets go of all connections at once: whatever is asked on them fails as on a lost one. */
  cut(): void {
    for (const client of [...this.#open]) {
      this.#forget(client);
      client.cut();
    }
  }

  /** Lets go of all connections once they are given back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(storeClosed());
    await Promise.all(this.#idle.splice(0).map((client) => this.#end(client)));
  }

  async #take(): Promise<DriverClient> {
    for (;;) {
      if (this.#isClosed) throw storeClosed();
      const idle = this.#idle.pop();
      if (idle !== undefined) return idle;
      if (this.#count < most) return await this.#make();
      const waiting = Promise.withResolvers<DriverClient | null>();
      this.#waiting.push(waiting);
      const given = await waiting.promise;
      if (given !== null) return given;
    }
  }

  async #make(): Promise<DriverClient> {
    this.#count++;
    try {
      const client = await this.#connect();
      this.#open.add(client);
      client.on("end", () => this.#forget(client));
      return client;
    } catch (error) {
      this.#count--;
      this.#waiting.shift()?.resolve(null);
      throw error;
    }
  }

  #giveBack(client: DriverClient, isLost: boolean): void {
    if (!this.#open.has(client)) return;
    if (isLost || this.#isClosed || this.#old.has(client)) return void this.#end(client);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#idle.push(client);
    else waiting.resolve(client);
  }

  /** One that ended while nobody had it, or that has been ended. */
  #forget(client: DriverClient): void {
    if (!this.#open.delete(client)) return;
    this.#count--;
    const at = this.#idle.indexOf(client);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#waiting.shift()?.resolve(null);
  }

  async #end(client: DriverClient): Promise<void> {
    this.#forget(client);
    await bestEffort(client.end()); // it was lost
  }
}
