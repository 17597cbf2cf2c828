/** Two connections joined in memory, to drive sessions over. */
import { type Bytes, concatBytes } from "../../src/model/bytes.ts";
import type { CertificateDigest } from "../../src/model/digests.ts";
import { MailError } from "../../src/model/errors.ts";
import type { Connection } from "../../src/net/connection.ts";

export interface PipeOptions {
  /** Bytes that a read hands out at most; 1 shows every way of cutting a stream. */
  readonly maxReadBytes?: number;
  /** Bytes that may wait to be read before a write has to wait. */
  readonly roomBytes?: number;
  /** What both ends see as the other's address. */
  readonly remoteAddress?: string;
  readonly certificateDigest?: CertificateDigest | null;
}

/** Makes a pair of connections; what one writes, the other reads. */
export function pipe(options: PipeOptions = {}): [Connection, Connection] {
  const [there, back] = [new Way(options), new Way(options)];
  return [new PipeEnd(options, back, there), new PipeEnd(options, there, back)];
}

/** One direction: bytes that wait, and who waits for them or for room. */
class Way {
  readonly #maxReadBytes: number;
  readonly #roomBytes: number;
  #waiting: Bytes = new Uint8Array(0);
  #closed = false;
  #change = Promise.withResolvers<void>();

  constructor({ maxReadBytes = 64 * 1024, roomBytes = 256 * 1024 }: PipeOptions) {
    this.#maxReadBytes = maxReadBytes;
    this.#roomBytes = roomBytes;
  }

  async read(): Promise<Bytes | null> {
    while (this.#waiting.length === 0 && !this.#closed) await this.#change.promise;
    if (this.#waiting.length === 0) return null;
    const count = Math.min(this.#maxReadBytes, this.#waiting.length);
    const bytes = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.subarray(count);
    this.#changed();
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) throw closed();
    this.#waiting = concatBytes([this.#waiting, bytes]);
    this.#changed();
    while (this.#waiting.length > this.#roomBytes && !this.#closed) await this.#change.promise;
    if (this.#closed && this.#waiting.length > 0) throw closed();
  }

  close(): void {
    this.#closed = true;
    this.#changed();
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

class PipeEnd implements Connection {
  readonly remoteAddress: string;
  readonly certificateDigest: CertificateDigest | null;
  readonly #incoming: Way;
  readonly #outgoing: Way;

  constructor(options: PipeOptions, incoming: Way, outgoing: Way) {
    this.remoteAddress = options.remoteAddress ?? "pipe";
    this.certificateDigest = options.certificateDigest ?? null;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  read(): Promise<Bytes | null> {
    return this.#incoming.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#outgoing.write(bytes);
  }

  end(): Promise<void> {
    this.#outgoing.close();
    return Promise.resolve();
  }

  close(): void {
    this.#incoming.close();
    this.#outgoing.close();
  }
}

function closed(): MailError {
  return new MailError("unavailable", "Cannot write: the connection is closed");
}
