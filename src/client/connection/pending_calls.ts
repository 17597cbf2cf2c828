/** The calls that wait for the server, the oldest first: replies come in the order of the requests. */
import type { Bytes } from "../../model/bytes.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { heardElsewhere } from "../../model/promises.ts";
import type { ClientEvent } from "../../session/client_session.ts";
import type { OperationName } from "../../wire/operations.ts";
import { LostAnswer } from "./outcome_unknown.ts";
import type { OneSlotStream } from "./one_slot_stream.ts";

interface PendingCall {
  /** True once the reply has come; then only its stream is awaited. */
  replied: boolean;
  readonly resolve: (payload: Bytes) => void;
  readonly reject: (error: unknown) => void;
  readonly operation: OperationName;
  /** Where the data frames go that follow the reply. */
  readonly stream: OneSlotStream<Bytes> | null;
  /** True once it may have reached the server. */
  sent: boolean;
}

export class PendingCalls {
  readonly #calls: PendingCall[] = [];

  /** The payload of the reply to a request that goes out next. */
  add(operation: OperationName, stream: OneSlotStream<Bytes> | null): Promise<Bytes> {
    const { promise, resolve, reject } = Promise.withResolvers<Bytes>();
    this.#calls.push({ replied: false, operation, resolve, reject, stream, sent: false });
    return heardElsewhere(promise);
  }

  /** Gives an event to the oldest call. @throws {MailError} `protocol` for what nobody asked for */
  async take(event: ClientEvent): Promise<void> {
    const call = this.#calls[0];
    if (call === undefined) throw unexpectedFrame("a reply");
    if (event.type === "error") {
      const error = placed(event.error, call.operation);
      call.reject(error);
      return this.#finish(error);
    }
    if (event.type === "reply") {
      if (call.replied) throw unexpectedFrame("a second reply");
      call.replied = true;
      call.resolve(event.payload);
      return call.stream === null ? this.#finish(null) : undefined;
    }
    if (call.stream === null || !call.replied) throw unexpectedFrame("a stream");
    if (event.type === "data") await call.stream.put(event.bytes);
    else this.#finish(null);
  }

  /** Drops what comes of streams: replies behind them are not to wait for whoever would read those. */
  abandonStreams(): void {
    for (const { stream } of this.#calls) stream?.abandon();
  }

  /** Notes that all of them go out. */
  markSent(): void {
    for (const call of this.#calls) call.sent = true;
  }

  /** Ends every call with the same failure: a lost connection is a lost answer where the call went out. */
  failAll(error: unknown): void {
    for (const { reject, stream, sent } of this.#calls.splice(0)) {
      const isLost = sent && isFailure(error, "unavailable");
      reject(isLost ? new LostAnswer(error, error) : error);
      stream?.end(error);
    }
  }

  #finish(error: unknown): void {
    this.#calls.shift()?.stream?.end(error);
  }
}

/** A server sent what no call waits for. */
export function unexpectedFrame(what: string): MailError {
  return new MailError("protocol", `Cannot accept ${what}: mailctl did not ask for it`);
}

/** That keys changed is for the client to find out; a server may only send it to look again before a message goes. */
function placed(error: MailError, operation: OperationName): MailError {
  if (error.code !== "key_changed" || operation === "send" || operation === "submit") return error;
  const { message, hint, retryAfterSeconds, by } = error;
  return new MailError("protocol", message, { hint, retryAfterSeconds, by });
}
