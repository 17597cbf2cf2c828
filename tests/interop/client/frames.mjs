/** WIRE 2 and 4: frames on a TLS connection, open ones first, and sealed ones from the keys on. */
import { Buffer, gcmOpen, gcmSeal, join, nothing } from "./bytes.mjs";

export const kinds = {
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

const mostLength = 262_161;
const sealBytes = 16;
const directions = { toServer: 1, toClient: 2 };

export class Frames {
  #socket;
  #chunks;
  #unread = nothing;
  #toServer = null;
  #toClient = null;

  constructor(socket) {
    this.#socket = socket;
    /** The certificate that the server showed, in DER. */
    this.certificate = socket.getPeerX509Certificate().raw;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** From now on, all frames are sealed. */
  useKeys({ toServer, toClient }) {
    this.#toServer = new Direction(toServer, directions.toServer);
    this.#toClient = new Direction(toClient, directions.toClient);
  }

  /** Sends a frame, and returns the whole of it. */
  send(kind, payload) {
    const header = headerOf(kind, payload.length + (this.#toServer === null ? 0 : sealBytes));
    const frame = join(header, this.#toServer?.seal(header, payload) ?? payload);
    this.#socket.write(frame);
    return frame;
  }

  /** Reads the next frame; `whole` is what came, `payload` what was sealed in it. */
  async next() {
    const length = (await this.#take(4)).readUInt32BE();
    if (length === 0 || length > mostLength) {
      throw new Error(`a frame of ${length} bytes`);
    }
    const body = await this.#take(length);
    const [kind, content] = [body[0], body.subarray(1)];
    const header = headerOf(kind, content.length);
    const payload = this.#toClient?.open(header, content) ?? content;
    return { kind, payload, whole: join(header, content) };
  }

  close() {
    this.#socket.destroy();
  }

  async #take(count) {
    const chunks = [this.#unread];
    for (let length = this.#unread.length; length < count;) {
      const { value, done } = await this.#chunks.next();
      if (done) throw new Error("the server closed the connection");
      chunks.push(value);
      length += value.length;
    }
    const all = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    this.#unread = all.subarray(count);
    return all.subarray(0, count);
  }
}

/** One direction of sealed frames, which counts them (WIRE 4). */
class Direction {
  #key;
  #number;
  #count = 0n;

  constructor(key, number) {
    this.#key = key;
    this.#number = number;
  }

  seal(header, payload) {
    return gcmSeal(this.#key, this.#nonce(), payload, this.#associated(header));
  }

  open(header, sealed) {
    return gcmOpen(this.#key, this.#nonce(), sealed, this.#associated(header));
  }

  #nonce() {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(this.#count, 4);
    this.#count += 1n;
    return nonce;
  }

  /** `u8 direction ‖ u8 kind ‖ u32 length`, of a header that has the length first. */
  #associated(header) {
    return join(Buffer.of(this.#number), header.subarray(4), header.subarray(0, 4));
  }
}

function headerOf(kind, payloadLength) {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(payloadLength + 1);
  header[4] = kind;
  return header;
}
