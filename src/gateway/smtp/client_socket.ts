/**
 * What smtp-server takes for a socket, over a connection of ours: read only when the parser has done with what it got,
 * and only where every line ends with CRLF.
 */
import { Writable } from "node:stream";
import { limits } from "../../model/limits.ts";
import type { Connection } from "../../net/connection.ts";
import type { PlainConnection } from "../../net/tcp_connection.ts";
import type { TlsIdentity } from "../../net/tls_identity.ts";
import { StrictLines } from "./strict_lines.ts";

/** What is fed: smtp-server's parser. */
type Parser = Pick<Writable, "write">;

export class ClientSocket extends Writable {
  readonly remoteAddress: string;
  /** Where true, the end waits a little for what the client is still saying, or it would not hear the last reply. */
  lingers = false;
  /** Hears once that a line ended otherwise than with CRLF. */
  onBareLine: (what: string) => void = () => {};
  #connection: Connection | PlainConnection;
  #parser: Parser | null = null;
  #lines = new StrictLines();
  #hasSpoken = false;
  #isReading = false;
  /** What comes is read past. */
  #discards = false;
  #fed: () => void = () => {};
  #idleMs = 0;
  #onIdle: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection | PlainConnection) {
    super();
    this.#connection = connection;
    this.remoteAddress = connection.remoteAddress;
    this.on("error", () => {}); // a reply that nobody waits for any more
  }

  /** As a socket of the runtime says that it can be written to. */
  get readyState(): "open" | "closed" {
    return this.writable ? "open" : "closed";
  }

  get canSecure(): boolean {
    return "secure" in this.#connection;
  }

  /** Feeds a parser from now on, but nothing before the greeting: whoever talks early is heard after it. */
  override pipe<T extends NodeJS.WritableStream>(parser: T): T {
    this.#parser = parser as unknown as Parser;
    if (this.#hasSpoken) this.#read();
    return parser;
  }

  unpipe(): this {
    this.#parser = null;
    this.#fed();
    return this;
  }

  /** Reads past all that comes from now on. */
  resume(): this {
    this.#discards = true;
    this.#read();
    return this;
  }

  /** Runs once after so long without a whole line; 0 is never. */
  setTimeout(milliseconds: number, onIdle: () => void = () => {}): this {
    [this.#idleMs, this.#onIdle] = [milliseconds, onIdle];
    this.#noteLine();
    return this;
  }

  /**
   * Goes on inside TLS: nothing that was said before counts any more (RFC 3207 4.2). To be called from the parser: then
   * no read is under way. @throws {MailError} `unavailable`
   */
  async secure(identity: TlsIdentity): Promise<void> {
    this.#connection = await (this.#connection as PlainConnection).secure(identity);
    this.#lines = new StrictLines();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    if (!this.#hasSpoken) {
      this.#hasSpoken = true;
      this.#read();
    }
    this.#connection.write(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    done();
    const late = setTimeout(() => this.destroy(), limits.lingerMs);
    this.once("close", () => clearTimeout(late));
    const ended = this.#connection.end?.() ?? Promise.resolve();
    if (!this.lingers) ended.then(() => this.destroy());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#parser = null;
    this.#discards = false;
    this.#connection.close();
    done(error);
  }

  /** Reads as long as somebody is fed; one loop at a time. */
  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#parser !== null || this.#discards) {
      const bytes = await this.#connection.read();
      if (bytes === null) this.#end();
      else if (this.#parser !== null) await this.#feed(this.#parser, bytes);
    }
    this.#isReading = false;
  }

  async #feed(parser: Parser, bytes: Uint8Array): Promise<void> {
    const fault = this.#lines.take(bytes);
    if (fault !== null) return this.onBareLine(fault);
    if (bytes.includes(lineFeed)) this.#noteLine();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#fed = resolve;
    parser.write(bytes, () => resolve());
    await promise;
  }

  /** The other side says no more, and hears what it was still to be told. A command without its end is none. */
  #end(): void {
    this.lingers = false;
    this.#discards = false;
    this.unpipe();
    if (!this.writableEnded) this.end();
    else if (this.writableFinished) this.destroy();
  }

  #noteLine(): void {
    clearTimeout(this.#timer);
    if (this.#idleMs > 0) this.#timer = setTimeout(this.#onIdle, this.#idleMs);
  }
}

const lineFeed = 10;
