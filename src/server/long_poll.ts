/**
 * Work that may take as long as the peer stays and says nothing. It keeps one read under way meanwhile: so a peer
 * that goes is noticed at once, and one that goes on ends the wait, which makes a thousand waits in a row cost one.
 */
import type { Bytes } from "../model/bytes.ts";
import type { Connection } from "../net/connection.ts";

export class LongPoll {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  #ahead: Promise<Bytes | null> | null = null;
  #waiting: AbortController | null = null;
  #over = false;

  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /** Does work until the peer goes or says anything, or its time is up. `saidMore`: it has said something already. */
  async wait<T>(work: (over: AbortSignal) => Promise<T>, saidMore: boolean): Promise<T> {
    const over = new AbortController();
    const end = () => over.abort();
    if (this.#over || saidMore) end();
    else this.#readAhead().then(end, end);
    const timer = setTimeout(end, this.#timeoutMs);
    this.#waiting = over;
    try {
      return await work(over.signal);
    } finally {
      clearTimeout(timer);
      this.#waiting = null;
    }
  }

  /** Reads from the connection, beginning with what was read while work waited. */
  async read(): Promise<Bytes | null> {
    const bytes = await this.#readAhead();
    this.#ahead = null;
    return bytes;
  }

  /** Ends the wait, and every later one before it begins. */
  end(): void {
    this.#over = true;
    this.#waiting?.abort();
  }

  #readAhead(): Promise<Bytes | null> {
    return this.#ahead ??= this.#connection.read();
  }
}
