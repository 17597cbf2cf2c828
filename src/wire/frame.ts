/** Frames: bytes cut anywhere into whole frames. WIRE.md 2. Knows no key and no meaning. */
import { MailError } from "../model/errors.ts";

/** What a frame is for; the number is on the wire. */
export const frameKind = {
  hello: 1,
  exchange: 2,
  confirm: 3,
  /** A piece of a request or reply that goes on in the next frame. */
  part: 4,
  request: 5,
  reply: 6,
  error: 7,
  data: 8,
  /** The last frame of a stream of data: its absence means that the stream was cut. */
  end: 9,
} as const;

export type FrameKind = keyof typeof frameKind;

const kinds = new Map<number, FrameKind>(
  Object.entries(frameKind).map(([name, number]) => [number, name as FrameKind]),
);

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Bytes before the payload: a u32 length of kind and payload, and the kind. */
export const frameHeaderBytes = 5;

/** Encodes a frame into bytes of its own. */
export function encodeFrame({ kind, payload }: Frame): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(frameHeaderBytes + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length + 1);
  frame[4] = frameKind[kind];
  frame.set(payload, frameHeaderBytes);
  return frame;
}

/** Gives the memory of a decoded frame that nobody needs any more back at once, unless other frames share it. */
export function freeFrame({ payload: { buffer, length } }: Frame): void {
  if (buffer.byteLength === frameHeaderBytes + length) buffer.transfer(0);
}

/** Cuts a stream of bytes into frames. */
export class FrameDecoder {
  /** Never written to twice: payloads that were handed out are views of it. */
  #buffer = new Uint8Array(0);
  /** Where the next frame begins, and where the bytes that came end. */
  #from = 0;
  #to = 0;
  #lastFrameBytes = 0;
  /** True where the buffer has room for the frame that has begun, and for nothing else. */
  #isFrames = false;
  /** What came behind that frame. */
  #behind: Uint8Array[] = [];
  #maxBytes: number;

  /** `maxBytes` bounds the kind and the payload of one frame. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Changes the bound for the frames that follow. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** True while a frame has begun and is not whole yet. */
  get midFrame(): boolean {
    return this.#to > this.#from;
  }

  /** Takes bytes as they came. They are copied: those of a long frame once, into a buffer that is its own. */
  push(bytes: Uint8Array): void {
    const room = this.#buffer.length - this.#to;
    const taken = this.#isFrames ? bytes.subarray(0, room) : bytes;
    if (taken.length > room) this.#replace(this.#to - this.#from + taken.length);
    this.#buffer.set(taken, this.#to);
    this.#to += taken.length;
    // Not by `slice`, which makes a view of what is a Buffer.
    if (taken.length < bytes.length) {
      this.#behind.push(new Uint8Array(bytes.subarray(taken.length)));
    }
  }

  /**
   * Takes the next whole frame out, or returns null where more bytes are needed.
   * The payload is the caller's own.
   * @throws {MailError} `protocol` for a length of 0 or over the bound, or an unknown kind.
   */
  next(): Frame | null {
    const used = this.#to - this.#from;
    if (used < frameHeaderBytes) {
      if (used >= 4) this.#checkedLength();
      return null;
    }
    const frameBytes = 4 + this.#checkedLength();
    const number = this.#buffer[this.#from + 4]!;
    const kind = kinds.get(number);
    if (kind === undefined) {
      throw new MailError("protocol", `Cannot accept a frame of kind ${number}`);
    }
    if (used < frameBytes) {
      this.#makeRoom(frameBytes);
      return null;
    }
    const end = this.#from + frameBytes;
    const payload = this.#buffer.subarray(this.#from + frameHeaderBytes, end);
    this.#from = end;
    this.#lastFrameBytes = frameBytes;
    if (this.#from === this.#to) this.#replace(0); // an idle connection keeps no buffer
    for (const bytes of this.#behind.splice(0)) this.push(bytes);
    return { kind, payload };
  }

  #checkedLength(): number {
    const length = new DataView(this.#buffer.buffer).getUint32(this.#from);
    if (length === 0 || length > this.#maxBytes) {
      throw new MailError(
        "protocol",
        `Cannot accept a frame of ${length} bytes: the limit is ${this.#maxBytes}`,
      );
    }
    return length;
  }

  /** Makes room as bytes arrive, whatever length was promised; at once where the last frame was as long. */
  #makeRoom(frameBytes: number): void {
    const earned = Math.max(2 * (this.#to - this.#from), this.#lastFrameBytes);
    const size = Math.min(frameBytes, earned);
    if (this.#from + size <= this.#buffer.length) return;
    this.#replace(size);
    this.#isFrames = size === frameBytes;
  }

  #replace(size: number): void {
    const fresh = new Uint8Array(size);
    fresh.set(this.#buffer.subarray(this.#from, this.#to));
    this.#buffer = fresh;
    this.#to -= this.#from;
    this.#from = 0;
    this.#isFrames = false;
  }
}
