/** A few connections for however many callers. */
import { bestEffort } from "../../model/promises.ts";
import { storeClosed } from "../failures.ts";
import type { DriverClient } from "./driver.ts";

/** More are of no more use: each is a process of the database's, and commits are grouped anyway. */
const most = 8;
/** Between two attempts to connect, in milliseconds: after the first that failed, and the longest. */
const shortestMs = 20;
const longestMs = 1_000;

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
  /** How long after the last attempt the next may be, in milliseconds; 0: the last succeeded. */
  #apartMs = 0;
  /** When that is, by `performance.now()`. */
  #nextAt = 0;
  /** After a failure one at a time tries: the others hear what it heard. */
  #isTrying = false;
  /** Wakes a caller that waits once it may try. */
  #timer: ReturnType<typeof setTimeout> | undefined;
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
    clearTimeout(this.#timer);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(storeClosed());
    await Promise.all(this.#idle.splice(0).map((client) => this.#end(client)));
  }

  async #take(): Promise<DriverClient> {
    for (;;) {
      if (this.#isClosed) throw storeClosed();
      const idle = this.#idle.pop();
      if (idle !== undefined) return idle;
      if (this.#count < most && !this.#isHeldBack()) return await this.#make();
      const waiting = Promise.withResolvers<DriverClient | null>();
      this.#waiting.push(waiting);
      this.#wakeInTime();
      const given = await waiting.promise;
      if (given !== null) return given;
    }
  }

  /** Callers wait for what others try, or for a connection that there is, rather than try on their own. */
  #isHeldBack(): boolean {
    if (this.#apartMs === 0) return false;
    return this.#isTrying || this.#open.size > 0 && performance.now() < this.#nextAt;
  }

  async #make(): Promise<DriverClient> {
    this.#count++;
    const isAgain = this.#apartMs > 0;
    const nextAt = this.#nextAt;
    if (isAgain) this.#isTrying = true;
    try {
      if (isAgain) await this.#pause();
      const client = await this.#connect();
      this.#open.add(client);
      client.on("end", () => this.#forget(client));
      this.#apartMs = 0;
      if (isAgain) this.#wake(most - this.#count);
      return client;
    } catch (error) {
      this.#count--;
      if (nextAt === this.#nextAt) this.#noteFailure(); // of several that failed at once, the first counts
      if (this.#open.size === 0) {
        for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
      } // else they wait for one that is given back
      throw error;
    } finally {
      if (isAgain) this.#isTrying = false;
      this.#wakeInTime();
    }
  }

  async #pause(): Promise<void> {
    const ms = this.#nextAt - performance.now();
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    if (this.#isClosed) throw storeClosed();
  }

  #noteFailure(): void {
    this.#apartMs = Math.min(longestMs, Math.max(shortestMs, this.#apartMs * 2));
    this.#nextAt = performance.now() + this.#apartMs * (0.75 + Math.random() / 2);
  }

  /** Lets one of the callers that are held back try when the time has come. */
  #wakeInTime(): void {
    const isOfUse = this.#apartMs > 0 && !this.#isTrying && this.#waiting.length > 0;
    if (!isOfUse || this.#count === most || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#wake(1);
    }, this.#nextAt - performance.now());
    Deno.unrefTimer(Number(this.#timer));
  }

  /** Lets callers that wait look again. */
  #wake(callers: number): void {
    for (const waiting of this.#waiting.splice(0, callers)) waiting.resolve(null);
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
    this.#wake(1);
  }

  async #end(client: DriverClient): Promise<void> {
    this.#forget(client);
    await bestEffort(client.end()); // it was lost
  }
}
