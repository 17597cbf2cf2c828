/** WIRE 2 and 4: frames, and the sealing of frames. */

import { insist, join } from "./bytes.mjs";
import { u32, u64, u8 } from "./fields.mjs";
import { gcm } from "./noble.mjs";

/** WIRE 2 */
export const kind = {
  hello: 1,
  exchange: 2,
  confirm: 3,
  part: 4,
  request: 5,
  reply: 6,
  error: 7,
  data: 8,
  end: 9,
};

export const direction = { toServer: 1, toClient: 2 };

/** WIRE 2: the most `length` may say, and what of it is left for a sealed payload. */
export const lengthBeforeLogin = 8_192;
export const lengthAfterLogin = 262_161;
export const sealAndKind = 17;

/** WIRE 2: u32 length | u8 kind | payload */
export const frame = (frameKind, payload) =>
  join(u32.write(payload.length + 1), u8.write(frameKind), payload);

/** Reads whole frames from a socket. */
export class FrameReader {
  #chunks;
  #buffer = new Uint8Array(0);

  constructor(socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  async #take(count) {
    const parts = [this.#buffer];
    let have = this.#buffer.length;
    while (have < count) {
      const { value, done } = await this.#chunks.next();
      insist(!done, "the connection was cut");
      parts.push(value);
      have += value.length;
    }
    const all = join(...parts);
    this.#buffer = all.subarray(count);
    return all.slice(0, count);
  }

  /** WIRE 2: a length of 0 or over the bound ends the session. */
  async read(mostLength) {
    const header = await this.#take(4);
    const length = new DataView(header.buffer).getUint32(0);
    insist(length >= 1 && length <= mostLength, `a frame of length ${length}`);
    const rest = await this.#take(length);
    return {
      kind: rest[0],
      length,
      payload: rest.subarray(1),
      whole: join(header, rest),
    };
  }
}

/** WIRE 4: one direction's key and its counter. */
export class Seal {
  #key;
  #direction;
  #count = 0;

  constructor(key, frameDirection) {
    this.#key = key;
    this.#direction = frameDirection;
  }

  #cipher(frameKind, length) {
    insist(this.#count < 2 ** 31, "this direction is used up");
    const nonce = join(new Uint8Array(4), u64.write(this.#count++));
    const data = join(
      u8.write(this.#direction),
      u8.write(frameKind),
      u32.write(length),
    );
    return gcm(this.#key, nonce, data);
  }

  frame(frameKind, payload) {
    const cipher = this.#cipher(frameKind, payload.length + sealAndKind);
    return frame(frameKind, cipher.encrypt(payload));
  }

  open({ kind: frameKind, length, payload }) {
    return this.#cipher(frameKind, length).decrypt(payload);
  }
}
