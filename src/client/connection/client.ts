/** A client of a server: calls on one session, and on the next where the answer to a change is lost. */
import { type Bytes, randomBytes } from "../../model/bytes.ts";
import type { Transcript } from "../../model/digests.ts";
import { isFailure } from "../../model/errors.ts";
import { heardElsewhere, Lazy } from "../../model/promises.ts";
import type { ChangeName, OperationName, ReplyOf, RequestOf } from "../../wire/operations.ts";
import { Calls, type Signed } from "./calls.ts";
import { changeUnknown, LostAnswer } from "./outcome_unknown.ts";

/** What is asked for by a change, without the id. */
export type Change<N extends ChangeName> = Omit<RequestOf<N>, "request">;

export class Client extends Calls {
  /** Makes a client of a new connection, logged in as this one is. */
  #reopen: (() => Promise<Client>) | null = null;
  /** The one that takes this one's place. */
  readonly #successor = new Lazy<Client>();

  /** Says how to go on where the answer to a change is lost: on a client that is logged in as this one is. */
  comeBackBy(reopen: () => Promise<Client>): void {
    this.#reopen = reopen;
  }

  /**
   * Makes a change. Where its answer is lost, asks once more under the same id, on a new connection that takes the place
   * of this one: the server carries out one of both, and tells of that.
   * @throws {MailError} what the server says, `denied`, `unavailable`; `LostAnswer` where nobody tells what became of it
   */
  change<N extends ChangeName>(
    name: N,
    asked: Change<N> | Signed<Change<N>>,
  ): Promise<ReplyOf<N>> {
    const id = { request: randomBytes(16) };
    const request = typeof asked === "function"
      ? async (transcript: Transcript) => ({ ...id, ...await asked(transcript) })
      : { ...id, ...asked };
    return heardElsewhere(this.#repeat(name, request as RequestOf<N>).catch(lostChange));
  }

  /** As `change`, of what may be asked for twice as it is. */
  repeat<N extends OperationName>(
    name: N,
    request: RequestOf<N> | Signed<RequestOf<N>>,
  ): Promise<ReplyOf<N>> {
    return heardElsewhere(this.#repeat(name, request));
  }

  async #repeat<N extends OperationName>(
    name: N,
    request: RequestOf<N> | Signed<RequestOf<N>>,
  ): Promise<ReplyOf<N>> {
    const used = this.#successor.made;
    try {
      return await this.call(name, request);
    } catch (lost) {
      if (!(lost instanceof LostAnswer) || this.#reopen === null) throw lost;
      if (this.#successor.made === used) this.#successor.forget(); // it is lost as well
      const next = await this.#comeBack(this.#reopen).catch((cause) => {
        throw new LostAnswer(lost, cause);
      });
      return await next.call(name, request).catch((cause) => {
        throw isFailure(cause, "unavailable") ? new LostAnswer(lost, cause) : cause;
      });
    }
  }

  override call<N extends OperationName>(
    name: N,
    request: RequestOf<N> | Signed<RequestOf<N>>,
  ): Promise<ReplyOf<N>> {
    const { made } = this.#successor;
    if (made === null) return super.call(name, request);
    return made.then((next) => next.call(name, request));
  }

  override download<N extends OperationName>(
    name: N,
    request: RequestOf<N>,
  ): Promise<{ reply: ReplyOf<N>; stream: AsyncIterable<Bytes> }> {
    const { made } = this.#successor;
    if (made === null) return super.download(name, request);
    return made.then((next) => next.download(name, request));
  }

  override abandonStreams(): void {
    super.abandonStreams();
    this.#successor.made?.then((next) => next.abandonStreams(), () => {});
  }

  override async upload<N extends OperationName>(
    name: N,
    request: RequestOf<N>,
    source: AsyncIterable<Uint8Array>,
  ): Promise<ReplyOf<N>> {
    const { made } = this.#successor;
    if (made === null) return await super.upload(name, request, source);
    return await (await made).upload(name, request, source);
  }

  override close(): void {
    this.#reopen = null;
    this.#successor.made?.then((next) => next.close(), () => {});
    super.close();
  }

  /** One for all whose answers were lost together; where it cannot be had, later calls are told of the lost connection. */
  #comeBack(reopen: () => Promise<Client>): Promise<Client> {
    const coming = this.#successor.get(async () => {
      const next = await reopen();
      if (this.#reopen === null) next.close(); // closed meanwhile
      return next;
    });
    return heardElsewhere(coming);
  }
}

/** Whoever knows what was to be changed says it better: `unknownIfLost`. */
function lostChange(error: unknown): never {
  if (!(error instanceof LostAnswer)) throw error;
  throw new LostAnswer(changeUnknown(error), error.cause);
}
