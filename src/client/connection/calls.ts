/**
 * Calls on one session: they go out in order, replies come back in order, and calls made while the session is
 * still being agreed on travel in the same flight as the key exchange.
 */
import type { ServerHello } from "../../crypto/session/handshake.ts";
import { type Bytes, concatBytes, freeBytes, rechunk } from "../../model/bytes.ts";
import type { DeviceScope } from "../../model/device.ts";
import type { Transcript } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { heardElsewhere } from "../../model/promises.ts";
import type { Connection } from "../../net/connection.ts";
import { ClientSession, type OutgoingFrame, requestFrames } from "../../session/client_session.ts";
import { notAllowed, streamEnd } from "../../session/state.ts";
import { decode, encode } from "../../wire/fields.ts";
import {
  mayCall,
  type OperationName,
  operations,
  type ReplyOf,
  type RequestOf,
} from "../../wire/operations.ts";
import type { CheckServer, Trust } from "./check_server.ts";
import { namingServer } from "./naming_server.ts";
import { OneSlotStream } from "./one_slot_stream.ts";
import { PendingCalls, unexpectedFrame } from "./pending_calls.ts";
import { ReplyReader, type ReplyTimeouts } from "./reply_reader.ts";

/** Makes something once the session's transcript is known, because it signs that. */
export type Signed<T> = (transcript: Transcript) => Promise<T>;

/** A frame to be sealed, or how to make frames. */
type Outgoing = OutgoingFrame | Signed<OutgoingFrame[]>;

export class Calls {
  readonly #connection: Promise<Connection>;
  readonly #reader: ReplyReader;
  /** `host:port`; empty until there is a connection. */
  #address = "";
  readonly #pending = new PendingCalls();
  #outgoing: Outgoing[] = [];
  #flushing: Promise<void> | null = null;
  #session: Promise<ClientSession>;
  #hello: ServerHello | null = null;
  /** What is to be done once; null: it was done. */
  #proved: Trust["onProved"] | null = null;
  #failure: unknown = null;
  #closed = false;
  /** What the login of this session may do; null: that is for the server to say. */
  #scope: DeviceScope | null = null;
  /** True once the server has said so: from then on it takes large frames. */
  #loggedIn = false;

  /** Begins at once and waits for nothing: failures come out of the first call. */
  constructor(
    connection: Promise<Connection>,
    check: CheckServer,
    timeouts: ReplyTimeouts = limits,
  ) {
    this.#connection = connection;
    this.#reader = new ReplyReader(timeouts);
    this.#session = this.#begin(check);
    this.#session.then((session) => this.#pump(session), () => {})
      .catch((error) => this.#fail(namingServer(this.#address, error)));
  }

  /** Calls an operation that has no stream. @throws {MailError} what the server says, `denied`, `unavailable` */
  call<N extends OperationName>(
    name: N,
    request: RequestOf<N> | Signed<RequestOf<N>>,
  ): Promise<ReplyOf<N>> {
    if (!this.allows(name)) return this.#refuse();
    const payload = this.#expect(name, null);
    if (typeof request === "function") this.#requestSigned(name, request as Signed<RequestOf<N>>);
    else this.#request(name, request);
    return heardElsewhere(payload.then((bytes) => {
      if (name === "login" || name === "register") this.#loggedIn = true;
      return this.#decode(name, bytes);
    }));
  }

  /** Calls an operation with a stream behind its reply, which is read to its end or abandoned, or the client closed. */
  download<N extends OperationName>(
    name: N,
    request: RequestOf<N>,
  ): Promise<{ reply: ReplyOf<N>; stream: AsyncIterable<Bytes> }> {
    if (!this.allows(name)) return this.#refuse();
    const stream = new OneSlotStream<Bytes>();
    const payload = this.#expect(name, stream);
    this.#request(name, request);
    return heardElsewhere(payload.then((bytes) => ({
      reply: this.#decode(name, bytes),
      stream,
    })));
  }

  /**
   * Calls an operation whose request is followed by a stream. A server that has heard enough answers early: then the
   * rest of the source is not read.
   */
  async upload<N extends OperationName>(
    name: N,
    request: RequestOf<N>,
    source: AsyncIterable<Uint8Array>,
  ): Promise<ReplyOf<N>> {
    this.requireAllowed(name);
    const reply = this.#expect(name, null);
    let answered = false;
    reply.then(() => answered = true, () => answered = true);
    this.#request(name, request);
    let complete = false;
    try {
      for await (const payload of rechunk(source, limits.chunkBytes)) {
        if (answered) break;
        await this.#sendData(payload);
      }
      complete = !answered;
    } finally {
      this.#send([{ kind: "end", payload: encode(streamEnd, { complete }) }]);
    }
    return this.#decode(name, await reply);
  }

  /** Abandons every stream that is under way, or was asked for: nobody reads them any more. */
  abandonStreams(): void {
    this.#pending.abandonStreams();
  }

  /** From now on calls what a login of this scope may, and refuses the rest here, before anything is sent. */
  limitTo(scope: DeviceScope): void {
    this.#scope = scope;
  }

  /** False for what the login of this session may not call, as far as that is known by now. */
  allows(name: OperationName): boolean {
    return this.#scope === null || mayCall(name, this.#scope);
  }

  /** @throws {MailError} `denied` for what the login of this session may not call */
  requireAllowed(name: OperationName): void {
    if (!this.allows(name)) throw notAllowed(this.#scope);
  }

  /** Tells who the server is, once the session is agreed on. */
  async server(): Promise<ServerHello> {
    await this.#session;
    return this.#hello!;
  }

  /** Ends the session; calls that wait are `unavailable`. */
  close(): void {
    this.#end(new MailError("unavailable", "Cannot continue: the connection was closed"));
  }

  #decode<N extends OperationName>(name: N, bytes: Bytes): ReplyOf<N> {
    try {
      return decode(operations[name].reply as never, bytes);
    } catch (error) {
      throw namingServer(this.#address, error);
    }
  }

  #refuse(): Promise<never> {
    return heardElsewhere(Promise.reject(notAllowed(this.#scope)));
  }

  async #begin(check: CheckServer): Promise<ClientSession> {
    try {
      return await this.#agree(check);
    } catch (cause) {
      const error = namingServer(this.#address, cause);
      this.#fail(error);
      throw error;
    }
  }

  /** Waits for the hello, decides, and sends the exchange together with every call made so far. */
  async #agree(check: CheckServer): Promise<ClientSession> {
    const connection = await this.#connection;
    this.#address = connection.remoteAddress;
    const session = new ClientSession(connection.certificateDigest);
    let hello = await session.hello();
    while (hello === null) {
      await this.#readSome(connection, session);
      hello = await session.hello();
    }
    this.#reader.noteFrame({ isLast: true });
    const { onProved, proofFirst, ticket } = await check(hello);
    this.#proved = onProved;
    this.#hello = hello;
    const first = await session.accept(hello, ticket);
    if (proofFirst) await this.#awaitProof(connection, session, first);
    else await this.#writeBatch(connection, session, [first]);
    return session;
  }

  async #awaitProof(connection: Connection, session: ClientSession, first: Bytes): Promise<void> {
    await connection.write(first);
    while (!session.confirmed) {
      if (await session.next() !== null) throw unexpectedFrame("a reply");
      if (!session.confirmed) await this.#readSome(connection, session);
    }
    await this.#takeProof(session);
  }

  async #takeProof({ ticket }: ClientSession): Promise<void> {
    const onProved = this.#proved;
    this.#proved = null;
    await onProved?.(ticket!);
  }

  #expect(operation: OperationName, stream: OneSlotStream<Bytes> | null): Promise<Bytes> {
    if (this.#failure !== null) return heardElsewhere(Promise.reject(this.#failure));
    return this.#pending.add(operation, stream);
  }

  #request<N extends OperationName>(name: N, request: RequestOf<N>): void {
    this.#send(requestFrames(name, request, { loggedIn: this.#loggedIn }));
  }

  /** A request keeps its place behind those that were made before it. */
  #requestSigned<N extends OperationName>(name: N, make: Signed<RequestOf<N>>): void {
    const loggedIn = this.#loggedIn;
    this.#send([async (transcript) => requestFrames(name, await make(transcript), { loggedIn })]);
  }

  #send(frames: readonly Outgoing[]): void {
    this.#outgoing.push(...frames);
    this.#flush().catch((error) => this.#fail(error));
  }

  /** Sends a piece of a stream, whose bytes are its own, once the one before it went: the next is made meanwhile. */
  async #sendData(payload: Bytes): Promise<void> {
    await this.#flushing;
    this.#send([{ kind: "data", payload }]);
  }

  /** One writer at a time: whatever is queued meanwhile goes with the next write. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#session.then(async (session) => {
      const connection = await this.#connection;
      try {
        while (this.#outgoing.length > 0) await this.#writeBatch(connection, session, []);
      } finally {
        this.#flushing = null;
      }
    });
    return this.#flushing;
  }

  async #writeBatch(connection: Connection, session: ClientSession, first: readonly Bytes[]) {
    const batch = this.#outgoing;
    this.#outgoing = [];
    this.#pending.markSent();
    const { transcript } = session;
    const frames = await Promise.all(
      batch.map((one) => typeof one === "function" ? one(transcript) : [one]),
    );
    const outgoing = frames.flat();
    const sealed = await Promise.all(outgoing.map((frame) => session.seal(frame)));
    for (const { kind, payload } of outgoing) if (kind === "data") freeBytes(payload);
    const all = [...first, ...sealed];
    const bytes = all.length === 1 ? all[0]! : concatBytes(all);
    await connection.write(bytes);
    freeBytes(bytes);
  }

  async #pump(session: ClientSession): Promise<void> {
    const connection = await this.#connection;
    for (;;) {
      const event = await session.next();
      if (event === null) {
        await this.#readSome(connection, session);
        continue;
      }
      this.#reader.noteFrame({ isLast: event.type !== "data" });
      await this.#takeProof(session); // an event that opens came from who holds the key
      await this.#pending.take(event);
    }
  }

  async #readSome(connection: Connection, session: ClientSession): Promise<void> {
    const bytes = await this.#reader.read(connection, session.midFrame);
    session.push(bytes);
    freeBytes(bytes);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#pending.failAll(this.#failure);
    this.#end(error);
  }

  #end(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fail(error);
    this.#connection.then((connection) => connection.close(), () => {});
  }
}
