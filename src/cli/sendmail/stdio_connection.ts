/** Standard input and output as a connection to the program that started this one. */
import type { Connection } from "../../net/connection.ts";
import { ReaderGone, writeData } from "../terminal/output.ts";
import { MailError } from "../../model/errors.ts";
import { host } from "../host.ts";

const bufferBytes = 16 * 1024;

export class StdioConnection implements Connection {
  readonly remoteAddress = "stdio";
  readonly certificateDigest = null;
  readonly #closed = Promise.withResolvers<null>();

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const buffer = new Uint8Array(bufferBytes);
    const count = await Promise.race([host.stdin.read(buffer), this.#closed.promise]);
    return count === null ? null : buffer.subarray(0, count);
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await writeData(bytes);
    } catch (cause) {
      if (!(cause instanceof ReaderGone)) throw cause;
      throw new MailError("unavailable", "Cannot write: the reader is gone", { cause });
    }
  }

  /** A read that waits ends; the process ends soon after. */
  close(): void {
    this.#closed.resolve(null);
  }
}
