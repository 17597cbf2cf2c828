/** Sealed frames: AES-256-GCM a direction, the frame's number as nonce. WIRE.md 4. */
import { type Bytes, plain } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { type Frame, frameHeaderBytes, frameKind } from "../../wire/frame.ts";

/** Bytes that sealing adds to a payload. */
export const sealBytes = 16;

type Direction = "toServer" | "toClient";
const directionByte = { toServer: 1, toClient: 2 } as const;

/** A session ends before this many frames in one direction (NIST SP 800-38D 8.3 would allow 2^32). */
const maxFrames = 2 ** 31;

/** Payloads of up to so many bytes are sealed and opened at once, where there is something that can: a short send. */
const smallBytes = 8192;

/** What does it under a session's key without waiting. */
export interface SmallCipher {
  /** Seals a payload into a place of its length and that of the tag. */
  readonly seal: (how: Parameters, payload: Uint8Array, into: Uint8Array) => void;
  /** Throws for what does not open, also for what has no room for a tag. */
  readonly open: (how: Parameters, sealed: Uint8Array) => Bytes;
}

/** Seals the frames of one direction. Write them in the order of the calls, each after the one before it. */
export class FrameSealer {
  readonly #key: CryptoKey;
  readonly #direction: Direction;
  readonly #small: SmallCipher | null;
  #count = 0;

  constructor(key: CryptoKey, direction: Direction, small: SmallCipher | null = null) {
    this.#key = key;
    this.#direction = direction;
    this.#small = small;
  }

  /** Returns the whole encoded frame. */
  async seal({ kind, payload }: { kind: Frame["kind"]; payload: Uint8Array }): Promise<Bytes> {
    const length = payload.length + sealBytes + 1;
    const number = frameKind[kind];
    const frame = new Uint8Array(4 + length);
    new DataView(frame.buffer).setUint32(0, length);
    frame[4] = number;
    const how = parameters(this.#count++, this.#direction, number, length);
    const into = frame.subarray(frameHeaderBytes);
    if (this.#small !== null && payload.length <= smallBytes) {
      this.#small.seal(how, payload, into);
      return frame;
    }
    const sealed = await crypto.subtle.encrypt(how, this.#key, plain(payload));
    into.set(new Uint8Array(sealed));
    sealed.transfer(0);
    return frame;
  }
}

/** Opens the frames of one direction, in the order they came. */
export class FrameOpener {
  readonly #key: CryptoKey;
  readonly #direction: Direction;
  readonly #small: SmallCipher | null;
  #count = 0;

  constructor(key: CryptoKey, direction: Direction, small: SmallCipher | null = null) {
    this.#key = key;
    this.#direction = direction;
    this.#small = small;
  }

  /** @throws {MailError} `protocol`, the same for every cause; nothing after it can be trusted. */
  async open({ kind, payload }: Frame): Promise<Frame> {
    const length = payload.length + 1;
    const count = this.#count++;
    try {
      const how = parameters(count, this.#direction, frameKind[kind], length);
      if (this.#small !== null && payload.length <= smallBytes) {
        return { kind, payload: this.#small.open(how, payload) };
      }
      const opened = await crypto.subtle.decrypt(how, this.#key, payload);
      return { kind, payload: new Uint8Array(opened) };
    } catch (cause) {
      throw undecryptable(cause);
    }
  }
}

/** Of a frame, and of a confirmation of other keys: the same for every cause. */
export function undecryptable(cause?: unknown): MailError {
  const message = "Cannot continue the session: a frame cannot be decrypted";
  return new MailError("protocol", message, { cause });
}

interface Parameters {
  readonly name: string;
  readonly iv: Bytes;
  readonly additionalData: Bytes;
}

function parameters(
  count: number,
  direction: Direction,
  kind: number,
  length: number,
): Parameters {
  if (count >= maxFrames) {
    throw new MailError("try_later", `Cannot continue the session: it has reached ${count} frames`);
  }
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, BigInt(count));
  const header = new Uint8Array(6);
  header[0] = directionByte[direction];
  header[1] = kind;
  new DataView(header.buffer).setUint32(2, length);
  return { name: "AES-GCM", iv: nonce, additionalData: header };
}
