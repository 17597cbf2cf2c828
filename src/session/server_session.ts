/**
 * The server's side of one session, without a socket: bytes in, events out, bytes to send. It decides what is
 * allowed in which state, and never what a request means.
 */
import { FrameOpener, FrameSealer, undecryptable } from "../crypto/session/frame_cipher.ts";
import {
  beginHandshake,
  type ServerHandshake,
  type ServerKey,
} from "../crypto/session/handshake.ts";
import { makeTicket } from "../crypto/session/ticket.ts";
import { type Bytes, concatBytes, equalBytes, freeBytes } from "../model/bytes.ts";
import { asTranscript, type CertificateDigest, type Transcript } from "../model/digests.ts";
import type { Power } from "../model/device.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { Reader } from "../wire/buffer.ts";
import { decode, encode, u16 } from "../wire/fields.ts";
import { encodeFrame, type Frame, FrameDecoder, freeFrame } from "../wire/frame.ts";
import {
  mayCall,
  type OperationName,
  operationOf,
  operations,
  type RequestOf,
} from "../wire/operations.ts";
import {
  clientConfirm,
  cutMessage,
  encodeError,
  frameBytesAfterLogin,
  maxPayloadBytes,
  MessageJoiner,
  misplaced,
  notAllowed,
  serverConfirm,
  streamEnd,
  tellableError,
} from "./state.ts";

/** A whole request, named and decoded. */
export type Request = {
  [N in OperationName]: { readonly name: N; readonly value: RequestOf<N> };
}[OperationName];

/** What the peer did. */
export type ServerEvent =
  | { readonly type: "request"; readonly request: Request }
  /** A request that cannot be carried out; the session goes on. */
  | { readonly type: "refused"; readonly error: MailError }
  | { readonly type: "data"; readonly bytes: Bytes }
  /** The stream ended; not complete: the client gave it up. */
  | { readonly type: "end"; readonly complete: boolean };

type State = "new" | "exchange" | "confirm" | "open" | "streaming" | "discarding";

export class ServerSession {
  readonly #key: ServerKey;
  readonly #certificateDigest: CertificateDigest | null;
  readonly #decoder = new FrameDecoder(limits.maxHandshakeFrameBytes);
  readonly #joiner = new MessageJoiner();
  #state: State = "new";
  #handshake: ServerHandshake | null = null;
  #transcript: Transcript = asTranscript(new Uint8Array(0));
  #sealer: FrameSealer | null = null;
  #opener: FrameOpener | null = null;
  #output: Bytes[] = [];
  #outputBytes = 0;
  /** Null: nobody has logged in. */
  #power: Power | null = null;

  /** `certificateDigest` is what clients compare with the certificate they saw. */
  constructor(key: ServerKey, certificateDigest: CertificateDigest | null) {
    this.#key = key;
    this.#certificateDigest = certificateDigest;
  }

  /** True once the peer has proved that it holds the session's keys. */
  get confirmed(): boolean {
    return this.#state !== "new" && this.#state !== "exchange" && this.#state !== "confirm";
  }

  /** Of all that was said to agree on the keys; empty before the exchange. */
  get transcript(): Transcript {
    return this.#transcript;
  }

  get loggedIn(): boolean {
    return this.#power !== null;
  }

  /** True while a frame has begun and is not whole yet. */
  get midFrame(): boolean {
    return this.#decoder.midFrame;
  }

  /** Bytes that wait in `takeOutput`. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** Says hello. */
  async start(): Promise<void> {
    this.#handshake = await beginHandshake(this.#key);
    this.#put(encodeFrame({ kind: "hello", payload: this.#handshake.hello }));
    this.#state = "exchange";
  }

  /** Turns the caller away in the place of a hello, unsealed; later than that nobody could vouch for a reason. */
  refuse(error: MailError): void {
    if (this.#state !== "new") return;
    this.#put(encodeFrame({ kind: "error", payload: encodeError(tellableError(error)) }));
  }

  /** Takes bytes as they came; `next` makes events of them. */
  push(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /**
   * Returns what the peer did next, or null where more bytes are needed.
   * @throws {MailError} `protocol`: the session is over.
   */
  async next(): Promise<ServerEvent | null> {
    for (;;) {
      const frame = this.#decoder.next();
      if (frame === null) return null;
      const event = await this.#take(frame);
      if (event !== null) return event;
    }
  }

  /** From now on the session may do what the table of operations says for who logged in. */
  logIn(power: Power): void {
    this.#power = power;
    this.#decoder.limit(frameBytesAfterLogin);
  }

  /** Answers the oldest request that has no answer yet. */
  async reply(name: OperationName, value: unknown): Promise<void> {
    const payload = encode(operations[name].reply as never, value as never);
    for (const frame of cutMessage("reply", payload, maxPayloadBytes)) {
      this.#put(await this.#seal(frame));
    }
  }

  /** Answers it with a failure. A stream that was to come with it is passed over. */
  async fail(error: MailError): Promise<void> {
    if (this.#state === "streaming") this.#state = "discarding";
    this.#put(await this.#seal({ kind: "error", payload: encodeError(tellableError(error)) }));
  }

  /** Sends a piece of the stream that follows a reply; at most `limits.chunkBytes`. */
  async data(bytes: Uint8Array): Promise<void> {
    this.#put(await this.#seal({ kind: "data", payload: bytes }));
  }

  /** Ends that stream. */
  async end(): Promise<void> {
    this.#put(await this.#seal({ kind: "end", payload: encode(streamEnd, { complete: true }) }));
  }

  /** Takes out what is to be sent now, as one piece; null where there is nothing. */
  takeOutput(): Bytes | null {
    if (this.#output.length === 0) return null;
    const [first] = this.#output;
    const all = this.#output.length === 1 ? first! : concatBytes(this.#output);
    if (all !== first) this.#output.forEach(freeBytes);
    this.#output = [];
    this.#outputBytes = 0;
    return all;
  }

  async #take(frame: Frame): Promise<ServerEvent | null> {
    switch (this.#state) {
      case "new":
        throw misplaced(frame.kind, "before the hello");
      case "exchange":
        await this.#takeExchange(frame);
        return null;
      case "confirm":
        await this.#takeConfirm(await this.#open(frame));
        return null;
      case "open":
        return this.#takeMessage(await this.#open(frame));
      case "streaming":
      case "discarding":
        return this.#takeStream(await this.#open(frame));
    }
  }

  async #takeExchange({ kind, payload }: Frame): Promise<void> {
    if (kind !== "exchange" || this.#handshake === null) throw misplaced(kind, "as an exchange");
    const keys = await this.#handshake.finish(payload);
    this.#handshake = null;
    this.#transcript = keys.transcript;
    this.#opener = new FrameOpener(keys.toServer, "toServer");
    this.#sealer = new FrameSealer(keys.toClient, "toClient");
    this.#state = "confirm";
  }

  async #takeConfirm({ kind, payload }: Frame): Promise<void> {
    if (kind !== "confirm") throw misplaced(kind, "as a confirmation");
    if (!equalBytes(decode(clientConfirm, payload).transcript, this.#transcript)) {
      throw undecryptable();
    }
    const confirm = encode(serverConfirm, {
      transcript: this.#transcript,
      certificateDigest: this.#certificateDigest,
      ticket: await makeTicket(this.#key.ticketSecret),
    });
    this.#put(await this.#seal({ kind: "confirm", payload: confirm }));
    this.#state = "open";
  }

  #takeMessage({ kind, payload }: Frame): ServerEvent | null {
    if (kind !== "part" && kind !== "request") throw misplaced(kind, "between requests");
    const most = this.loggedIn ? limits.maxRequestBytes : limits.maxRequestBeforeLoginBytes;
    this.#joiner.add(kind, payload, most);
    return kind === "part" ? null : this.#takeRequest(this.#joiner.take());
  }

  #takeRequest(payload: Bytes): ServerEvent {
    const number = u16.read(new Reader(payload));
    const name = operationOf(number);
    if (name === null) {
      return refused(new MailError("protocol", `Cannot do operation ${number}: it is not known`));
    }
    const { request, stream } = operations[name];
    if (stream === "up") this.#state = "streaming";
    if (!mayCall(name, this.#power)) {
      if (stream === "up") this.#state = "discarding";
      return refused(notAllowed(this.#power));
    }
    const value = decode(request as never, payload.subarray(2));
    return { type: "request", request: { name, value } as Request };
  }

  #takeStream({ kind, payload }: Frame): ServerEvent | null {
    const discarding = this.#state === "discarding";
    if (kind === "data") {
      if (payload.length === 0) throw misplaced(kind, "empty");
      return discarding ? null : { type: "data", bytes: payload };
    }
    if (kind !== "end") throw misplaced(kind, "within a stream");
    this.#state = "open";
    const { complete } = decode(streamEnd, payload);
    return discarding ? null : { type: "end", complete };
  }

  async #open(frame: Frame): Promise<Frame> {
    if (this.#opener === null) throw misplaced(frame.kind, "before the exchange");
    const opened = await this.#opener.open(frame);
    freeFrame(frame);
    return opened;
  }

  #seal(frame: { kind: Frame["kind"]; payload: Uint8Array }): Promise<Bytes> {
    if (this.#sealer === null) throw misplaced(frame.kind, "before the exchange");
    return this.#sealer.seal(frame);
  }

  #put(bytes: Bytes): void {
    this.#output.push(bytes);
    this.#outputBytes += bytes.length;
  }
}

function refused(error: MailError): ServerEvent {
  return { type: "refused", error };
}
