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

/** Seals the frames of one direction. Write them in the order of the calls. */
export class FrameSealer {
  readonly #key: CryptoKey;
  readonly #direction: Direction;
  #count = 0;

  constructor(key: CryptoKey, direction: Direction) {
    this.#key = key;
    this.#direction = direction;
  }

  /** Returns the whole encoded frame. */
  async seal({ kind, payload }: { kind: Frame["kind"]; payload: Uint8Array }): Promise<Bytes> {
    const length = payload.length + sealBytes + 1;
    const number = frameKind[kind];
    const sealed = await crypto.subtle.encrypt(
      parameters(this.#count++, this.#direction, number, length),
      this.#key,
      plain(payload),
    );
    const frame = new Uint8Array(4 + length);
    new DataView(frame.buffer).setUint32(0, length);
    frame[4] = number;
    frame.set(new Uint8Array(sealed), frameHeaderBytes);
    sealed.transfer(0);
    return frame;
  }
}

/** Opens the frames of one direction, in the order they came. */
export class FrameOpener {
  readonly #key: CryptoKey;
  readonly #direction: Direction;
  #count = 0;

  constructor(key: CryptoKey, direction: Direction) {
    this.#key = key;
    this.#direction = direction;
  }

  /** @throws {MailError} `protocol`, the same for every cause; nothing after it can be trusted. */
  async open({ kind, payload }: Frame): Promise<Frame> {
    const length = payload.length + 1;
    const count = this.#count++;
    try {
      const opened = await crypto.subtle.decrypt(
        parameters(count, this.#direction, frameKind[kind], length),
        this.#key,
        payload,
      );
      return { kind, payload: new Uint8Array(opened) };
    } catch (cause) {
      throw new MailError("protocol", "Cannot continue the session: a frame cannot be decrypted", {
        cause,
      });
    }
  }
}

function parameters(count: number, direction: Direction, kind: number, length: number) {
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
