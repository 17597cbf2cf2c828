/** The content of one message, for whoever takes it: bounded, and read to its end whatever becomes of it. */
import { MailError } from "../../model/errors.ts";

export class MessageSource implements AsyncIterable<Uint8Array> {
  readonly #content: AsyncIterator<Uint8Array>;
  readonly #maxBytes: number;
  #bytes = 0;
  /** Why the content has no end; null: it has one, or it has not come yet. */
  cut: unknown = null;

  constructor(content: AsyncIterable<Uint8Array>, maxBytes: number) {
    this.#content = content[Symbol.asyncIterator]();
    this.#maxBytes = maxBytes;
  }

  get isTooLarge(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** Whoever stops early leaves the rest. @throws {MailError} `protocol` without an end, `too_large` */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (let bytes = await this.#next(); bytes !== null; bytes = await this.#next()) {
      if (this.isTooLarge) {
        throw new MailError("too_large", "Cannot accept a message of this size");
      }
      yield bytes;
    }
  }

  /** Reads past what is left: it must not be taken for commands. */
  async drain(): Promise<void> {
    if (this.cut !== null) return;
    while (await this.#next().catch(() => null) !== null);
  }

  async #next(): Promise<Uint8Array | null> {
    try {
      const { value, done } = await this.#content.next();
      if (done) return null;
      this.#bytes += value.length;
      return value;
    } catch (cause) {
      this.cut = cause;
      throw new MailError("protocol", "Cannot accept a message that has no end", { cause });
    }
  }
}
