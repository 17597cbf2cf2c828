/** Bytes from a server that has so long to send them. */
import type { Bytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Connection } from "../../net/connection.ts";
import { inTime } from "../../net/deadline.ts";

/**
 * How long a server may take, milliseconds: until it begins a frame, and from there to the frame's end. All frames of one
 * answer may take both, and the second once more for each `limits.chunkBytes` that came.
 */
export interface ReplyTimeouts {
  readonly replyTimeoutMs: number;
  readonly frameTimeoutMs: number;
}

/** Reads from a server, however few bytes come at a time: a frame has one deadline, and so has an answer of many. */
export class ReplyReader {
  readonly #timeouts: ReplyTimeouts;
  /** When the frame began to come that is not whole yet. */
  #frameSince: number | null = null;
  /** Of the answer that comes: how long it was waited for, in milliseconds, and how much of it is here. */
  #waitedMs = 0;
  #bytes = 0;

  constructor(timeouts: ReplyTimeouts) {
    this.#timeouts = timeouts;
  }

  /** Notes that a frame is whole; `isLast`: what follows has time of its own. */
  noteFrame({ isLast }: { readonly isLast: boolean }): void {
    this.#frameSince = null;
    if (isLast) [this.#waitedMs, this.#bytes] = [0, 0];
  }

  /** Reads what comes next. @throws {MailError} `unavailable` where nothing does in time, or ever */
  async read(connection: Connection, isMidFrame: boolean): Promise<Bytes> {
    const begun = performance.now();
    this.#frameSince = isMidFrame ? this.#frameSince ?? begun : null;
    const reading = connection.read();
    const bytes = await inTime(reading, this.#leftMs(begun), () => connection.close())
      .catch((cause) => {
        if (!(cause instanceof Deno.errors.TimedOut)) throw cause;
        throw unavailable(connection, "took too long to answer", cause);
      });
    if (bytes === null) throw unavailable(connection, "closed the connection");
    this.#waitedMs += performance.now() - begun;
    this.#bytes += bytes.length;
    return bytes;
  }

  #leftMs(now: number): number {
    const { replyTimeoutMs, frameTimeoutMs } = this.#timeouts;
    const frameMs = this.#frameSince === null
      ? replyTimeoutMs
      : this.#frameSince + frameTimeoutMs - now;
    const answerMs = replyTimeoutMs + frameTimeoutMs * (1 + this.#bytes / limits.chunkBytes);
    return Math.max(1, Math.ceil(Math.min(frameMs, answerMs - this.#waitedMs)));
  }
}

function unavailable({ remoteAddress }: Connection, what: string, cause?: unknown): MailError {
  return new MailError("unavailable", `Cannot continue: the server ${remoteAddress} ${what}`, {
    cause,
  });
}
