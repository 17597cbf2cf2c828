/** What both sides of a session share: the order of frames, and how requests and replies are cut into them. */
import { sealBytes } from "../crypto/session/frame_cipher.ts";
import { ticketLayout } from "../crypto/session/ticket.ts";
import { type Bytes, cutText, utf8 } from "../model/bytes.ts";
import { asCertificateDigest, asTranscript } from "../model/digests.ts";
import type { Power } from "../model/device.ts";
import { failureOfWire, failures, type Hint, MailError, toldHint } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { bool, branded, decode, encode, fixed, optional, struct } from "../wire/fields.ts";
import type { FrameKind } from "../wire/frame.ts";
import { errorReply } from "../wire/operations.ts";

/** The first sealed frame of each side: WIRE.md 3.4. */
const transcript = branded(fixed(32), asTranscript);
export const clientConfirm = struct({ transcript });
export const serverConfirm = struct({
  transcript,
  /** SHA-256 of the TLS certificate that the server shows (RFC 5929 tls-server-end-point). */
  certificateDigest: optional(branded(fixed(32), asCertificateDigest)),
  /** For a later handshake of this client's. */
  ticket: ticketLayout,
});

/** The payload of the last frame of a stream: false says that it was given up. */
export const streamEnd = struct({ complete: bool });

/** Payload that one sealed frame carries at most. */
export const maxPayloadBytes = limits.chunkBytes;

/** The bound of one sealed frame, before and after login. */
export const frameBytesBeforeLogin = limits.maxHandshakeFrameBytes;
export const frameBytesAfterLogin = maxPayloadBytes + sealBytes + 1;

/** Cuts a long request or reply into `part` frames and a last one of its own kind. */
export function* cutMessage(kind: FrameKind, payload: Uint8Array, pieceBytes: number) {
  let at = 0;
  for (; payload.length - at > pieceBytes; at += pieceBytes) {
    yield { kind: "part" as const, payload: payload.subarray(at, at + pieceBytes) };
  }
  yield { kind, payload: payload.subarray(at) };
}

/** A part that is not the last has at least so much: many small ones would cost far more than they carry. */
const minPartBytes = 4096;

/** Puts the parts of one request or reply together again. */
export class MessageJoiner {
  #buffer = new Uint8Array(0);
  #bytes = 0;

  /** True while parts have come and the last has not. */
  get begun(): boolean {
    return this.#bytes > 0;
  }

  /**
   * Takes the next piece, whose bytes are the joiner's from now on.
   * @throws {MailError} `protocol` over `maxBytes` in all, for a small part, and for an empty piece behind parts.
   */
  add(kind: FrameKind, payload: Bytes, maxBytes: number): void {
    const least = kind === "part" ? minPartBytes : this.begun ? 1 : 0;
    if (payload.length < least) throw misplaced(kind, `of ${payload.length} bytes`);
    const bytes = this.#bytes + payload.length;
    if (bytes > maxBytes) {
      throw new MailError(
        "protocol",
        `Cannot accept a message of ${bytes} bytes: the limit is ${maxBytes}`,
      );
    }
    if (!this.begun && kind !== "part") {
      this.#buffer = payload; // most messages are one frame: nothing to put together
      this.#bytes = bytes;
      return;
    }
    if (bytes > this.#buffer.length) {
      this.#grow(kind === "part" ? Math.min(2 * bytes, maxBytes) : bytes);
    }
    this.#buffer.set(payload, this.#bytes);
    this.#bytes = bytes;
  }

  /** Takes the whole message out. */
  take(): Bytes {
    const whole = this.#buffer.subarray(0, this.#bytes);
    this.#buffer = new Uint8Array(0);
    this.#bytes = 0;
    return whole;
  }

  #grow(size: number): void {
    const larger = new Uint8Array(size);
    larger.set(this.#buffer.subarray(0, this.#bytes));
    this.#buffer = larger;
  }
}

/** Encodes a failure as its peer may see it. */
export function encodeError(error: MailError): Bytes {
  return encode(errorReply, {
    code: failures[error.code].wire,
    message: cut(error.message, 4096),
    hint: error.hint === undefined ? null : cut(error.hint, 1024),
    retryAfterSeconds: error.retryAfterSeconds ?? null,
  });
}

/** Decodes a failure that the peer told. */
export function decodeError(payload: Uint8Array): MailError {
  const told = decode(errorReply, payload);
  return new MailError(failureOfWire(told.code), told.message, {
    hint: toldHint(told.hint),
    retryAfterSeconds: told.retryAfterSeconds ?? undefined,
  });
}

/** A failure as a server may tell it: what is none of its business is a defect of ours. */
export function tellableError(error: MailError): MailError {
  if (failures[error.code].byServer) return error;
  return new MailError("internal", error.message, { cause: error });
}

/**
 * A failure in the server's words, which are shown as its own: it may lie, and what it says must not pass for what
 * mailctl found out.
 */
export function saidByServer(told: MailError): MailError {
  const { message, hint, retryAfterSeconds } = told;
  const code = failures[told.code].byServer ? told.code : "protocol";
  return new MailError(code, `the server says: ${message}`, {
    by: "server",
    retryAfterSeconds,
    hint: hint && `the server suggests: ${hint}` as Hint,
  });
}

/** Why somebody may not call an operation; null: nobody has logged in. */
export function notAllowed(power: Power | null): MailError {
  if (power === null) return new MailError("denied", "Cannot do that: log in first");
  if (power === "send" || power === "read") {
    return new MailError("denied", `Cannot do that: this login may only ${power} mail`, {
      hint: "Run `mailctl login` to save one that may do more.",
    });
  }
  return new MailError("denied", "Cannot do that with a saved login: it takes the password");
}

/** The error for a frame that has no place where it came. */
export function misplaced(kind: FrameKind, place: string): MailError {
  return new MailError("protocol", `Cannot accept a frame "${kind}" ${place}`);
}

function cut(text: string, maxBytes: number): string {
  return utf8(text).length <= maxBytes ? text : `${cutText(text, maxBytes - 4)}…`;
}
