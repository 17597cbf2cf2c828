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

/** Payloads of up to so many bytes are sealed at once, where there is something that can. */
const smallBytes = 1024;

/** Seals a payload under a session's key, into a place of its length and that of the tag. */
export type SmallSeal = (
  parameters: { readonly iv: Uint8Array; readonly additionalData: Uint8Array },
  payload: Uint8Array,
  into: Uint8Array,
) => void;

/** Seals the frames of one direction. Write them in the order of the calls, each after the one before it. */
export class FrameSealer {
  readonly #key: CryptoKey;
  readonly #direction: Direction;
  readonly #sealSmall: SmallSeal | null;
  #count = 0;

  constructor(key: CryptoKey, direction: Direction, sealSmall: SmallSeal | null = null) {
    this.#key = key;
    this.#direction = direction;
    this.#sealSmall = sealSmall;
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
    if (this.#sealSmall !== null && payload.length <= smallBytes) {
      this.#sealSmall(how, payload, into);
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
