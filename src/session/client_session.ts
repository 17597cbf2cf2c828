/**
 * The client's side of one session, without a socket: bytes in, events out, frames to send. It knows the order of
 * frames and checks that the server is who it was when the keys were agreed on.
 */
import {
  FrameOpener,
  FrameSealer,
  sealBytes,
  undecryptable,
} from "../crypto/session/frame_cipher.ts";
import { protocolVersions, readHello, type ServerHello } from "../crypto/session/handshake.ts";
import type { Ticket } from "../crypto/session/ticket.ts";
import { type Bytes, concatBytes, equalBytes } from "../model/bytes.ts";
import { asTranscript, type CertificateDigest, type Transcript } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { Writer } from "../wire/buffer.ts";
import { decode, encode } from "../wire/fields.ts";
import { encodeFrame, type Frame, FrameDecoder, freeFrame } from "../wire/frame.ts";
import { type OperationName, operations, type RequestOf } from "../wire/operations.ts";
import {
  clientConfirm,
  cutMessage,
  decodeError,
  frameBytesAfterLogin,
  frameBytesBeforeLogin,
  MessageJoiner,
  misplaced,
  saidByServer,
  serverConfirm,
  streamEnd,
} from "./state.ts";

/** What the server did. */
export type ClientEvent =
  | { readonly type: "reply"; readonly payload: Bytes }
  | { readonly type: "error"; readonly error: MailError }
  | { readonly type: "data"; readonly bytes: Bytes }
  | { readonly type: "end" };

/** A frame that waits to be sealed. */
export type OutgoingFrame = { readonly kind: Frame["kind"]; readonly payload: Uint8Array };

type State = "hello" | "confirm" | "open";

export class ClientSession {
  readonly #certificateDigest: CertificateDigest | null;
  readonly #decoder = new FrameDecoder(limits.maxHandshakeFrameBytes);
  readonly #joiner = new MessageJoiner();
  #state: State = "hello";
  #transcript: Transcript = asTranscript(new Uint8Array(0));
  #ticket: Ticket | null = null;
  #sealer: FrameSealer | null = null;
  #opener: FrameOpener | null = null;

  /** `certificateDigest` is of the TLS certificate that was seen; null over what has none. */
  constructor(certificateDigest: CertificateDigest | null) {
    this.#certificateDigest = certificateDigest;
  }

  /** True once the server has proved that it holds the key of its hello. */
  get confirmed(): boolean {
    return this.#state === "open";
  }

  /** Of all that was said to agree on the keys; empty before `accept`. */
  get transcript(): Transcript {
    return this.#transcript;
  }

  /** What the server gave for a later handshake; null before it is confirmed. */
  get ticket(): Ticket | null {
    return this.#ticket;
  }

  /** True while a frame has begun to come, and is not whole. */
  get midFrame(): boolean {
    return this.#decoder.midFrame;
  }

  /** Takes bytes as they came; `hello` and `next` make something of them. */
  push(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /**
   * Reads the server's hello, or returns null where more bytes are needed. Nobody has proved anything yet.
   * @throws {MailError} `protocol`, or why the server turns the caller away.
   */
  async hello(): Promise<ServerHello | null> {
    const frame = this.#decoder.next();
    if (frame === null) return null;
    if (frame.kind === "error") throw turnedAway(decodeError(frame.payload));
    if (frame.kind !== "hello") throw misplaced(frame.kind, "as a hello");
    const hello = await readHello(frame.payload);
    requireVersion(hello);
    return hello;
  }

  /** Agrees on keys with the server of this hello. Returns the bytes to send before all others. */
  async accept(hello: ServerHello, ticket: Ticket | null = null): Promise<Bytes> {
    const { payload, keys } = await hello.answer(ticket);
    this.#transcript = keys.transcript;
    this.#sealer = new FrameSealer(keys.toServer, "toServer");
    this.#opener = new FrameOpener(keys.toClient, "toClient");
    this.#decoder.limit(frameBytesAfterLogin);
    this.#state = "confirm";
    const confirm = await this.seal({
      kind: "confirm",
      payload: encode(clientConfirm, { transcript: keys.transcript }),
    });
    return concatBytes([encodeFrame({ kind: "exchange", payload }), confirm]);
  }

  /** Seals a frame. Send the results in the order of the calls. */
  seal(frame: OutgoingFrame): Promise<Bytes> {
    if (this.#sealer === null) throw misplaced(frame.kind, "before the exchange");
    return this.#sealer.seal(frame);
  }

  /**
   * Returns what the server did next, or null where more bytes are needed.
   * @throws {MailError} `protocol`, `server_key_changed`: the session is over.
   */
  async next(): Promise<ClientEvent | null> {
    for (;;) {
      const frame = this.#decoder.next();
      if (frame === null) return null;
      if (this.#opener === null) throw misplaced(frame.kind, "before the exchange");
      const opened = await this.#opener.open(frame);
      freeFrame(frame);
      if (this.#state === "confirm") {
        this.#takeConfirm(opened);
        continue;
      }
      const event = this.#takeFrame(opened);
      if (event !== null) return event;
    }
  }

  #takeConfirm({ kind, payload }: Frame): void {
    if (kind !== "confirm") throw misplaced(kind, "as a confirmation");
    const { transcript, certificateDigest, ticket } = decode(serverConfirm, payload);
    if (!equalBytes(transcript, this.#transcript)) throw undecryptable();
    const seen = this.#certificateDigest;
    if (seen !== null && (certificateDigest === null || !equalBytes(seen, certificateDigest))) {
      throw new MailError(
        "server_key_changed",
        "Cannot trust the connection: its TLS certificate is not the server's own",
        {
          hint:
            "Check the network. Somebody between you and the server may be intercepting the connection.",
        },
      );
    }
    this.#ticket = ticket;
    this.#state = "open";
  }

  #takeFrame({ kind, payload }: Frame): ClientEvent | null {
    if (this.#joiner.begun && kind !== "part" && kind !== "reply") {
      throw misplaced(kind, "within a reply");
    }
    switch (kind) {
      case "part":
        this.#joiner.add(kind, payload, limits.maxRequestBytes);
        return null;
      case "reply":
        this.#joiner.add(kind, payload, limits.maxRequestBytes);
        return { type: "reply", payload: this.#joiner.take() };
      case "error":
        return { type: "error", error: saidByServer(decodeError(payload)) };
      case "data":
        if (payload.length === 0) throw misplaced(kind, "empty");
        return { type: "data", bytes: payload };
      case "end":
        if (!decode(streamEnd, payload).complete) throw misplaced(kind, "unfinished");
        return { type: "end" };
      default:
        throw misplaced(kind, "from a server");
    }
  }
}

/** Encodes a request into frames as large as they may be. */
export function requestFrames<N extends OperationName>(
  name: N,
  value: RequestOf<N>,
  { loggedIn }: { readonly loggedIn: boolean },
): OutgoingFrame[] {
  const writer = new Writer();
  const { number, request } = operations[name];
  writer.u16(number);
  request.write(writer, value as never);
  const pieceBytes = (loggedIn ? frameBytesAfterLogin : frameBytesBeforeLogin) - sealBytes - 1;
  return [...cutMessage("request", writer.done(), pieceBytes)];
}

function requireVersion({ leastVersion, mostVersion }: ServerHello): void {
  const { least, most } = protocolVersions;
  if (leastVersion <= most && mostVersion >= least) return;
  const isOlder = mostVersion < least;
  throw new MailError(
    "protocol",
    `Cannot use this server: it speaks version ${isOlder ? mostVersion : leastVersion} of the ` +
      `protocol, and this mailctl version ${isOlder ? least : most}`,
    { hint: isOlder ? "Update mailctl on the server." : "Update mailctl on this machine." },
  );
}

/** Without keys nobody vouches for a reason: only "try again" is believed. */
function turnedAway(told: MailError): MailError {
  const code = told.code === "try_later" ? "try_later" : "unavailable";
  return new MailError(code, "Cannot reach the server: it accepts no more connections now", {
    retryAfterSeconds: told.retryAfterSeconds,
  });
}
