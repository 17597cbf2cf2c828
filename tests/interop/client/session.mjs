/** WIRE 5.2: requests and their replies, in the order in which they were sent, with streams behind them. */
import { Buffer, join } from "./bytes.mjs";
import { bool, decode, encode, u16 } from "./fields.mjs";
import { kinds } from "./frames.mjs";
import { shakeHands } from "./handshake.mjs";
import { operations } from "./operations.mjs";
import { failure } from "./structures.mjs";

const overhead = 17; // of a frame's length: its kind and its seal
const mostBeforeLogin = 8_192 - overhead;
const mostAfterLogin = 262_144;
const letIn = ["login", "register"];

/** An error frame of the server: its code, and its message and hint in the server's words. */
export class Refusal extends Error {
  constructor({ code, message, hint }) {
    super(`error ${code}: ${message}${hint === null ? "" : ` (${hint})`}`);
    this.code = code;
  }
}

export class Session {
  #frames;
  #turn; // ends when the replies to all requests so far were read
  #mostPiece = mostBeforeLogin;

  /** `noted` is what `noted` of an earlier session gave, or null. */
  static async open(server, noted = null) {
    return new Session(await shakeHands(server, noted));
  }

  constructor({ frames, transcript, confirmed }) {
    this.#frames = frames;
    this.transcript = transcript;
    this.noted = confirmed;
    this.#turn = confirmed;
    confirmed.catch(() => {}); // every call tells of it
  }

  close() {
    this.#frames.close();
  }

  /** Carries out an operation; `content` is sent as the stream of one that has a stream up. */
  async call(name, request = {}, content = null) {
    const { reply } = await this.#exchange(name, request, content);
    return reply;
  }

  /** Carries out an operation with a stream down. `take` is given the reply, and the pieces as they come. */
  async download(name, request, take) {
    const { reply, taken } = await this.#exchange(name, request, null, take);
    return { ...reply, taken };
  }

  #exchange(name, request, content, take = null) {
    const [number, requestType, replyType] = operations[name];
    this.#send(kinds.request, join(u16.write(number), encode(requestType, request)));
    if (content !== null) this.#stream(content);
    const answered = this.#turn.then(() => this.#read(name, replyType, take));
    this.#turn = answered.catch((error) => {
      if (!(error instanceof Refusal)) throw error;
    });
    this.#turn.catch(() => {});
    return answered;
  }

  /** Sends a request in as many frames as it needs. */
  #send(kind, payload) {
    let at = 0;
    for (; payload.length - at > this.#mostPiece; at += this.#mostPiece) {
      this.#frames.send(kinds.part, payload.subarray(at, at + this.#mostPiece));
    }
    this.#frames.send(kind, payload.subarray(at));
  }

  #stream(content) {
    for (let at = 0; at < content.length; at += this.#mostPiece) {
      this.#frames.send(kinds.data, content.subarray(at, at + this.#mostPiece));
    }
    this.#frames.send(kinds.end, bool.write(true));
  }

  async #read(name, replyType, take) {
    const reply = decode(replyType, await this.#readReply());
    if (letIn.includes(name)) this.#mostPiece = mostAfterLogin;
    return { reply, taken: take === null ? null : await this.#readStream(reply, take) };
  }

  /** The stream is read to its end even if what takes it fails: the next reply stands behind it. */
  async #readStream(reply, take) {
    const pieces = this.#pieces();
    const kept = {
      [Symbol.asyncIterator]: () => ({ next: () => pieces.next() }),
    };
    try {
      return await take(reply, kept);
    } finally {
      while (!(await pieces.next()).done);
    }
  }

  async #readReply() {
    const parts = [];
    for (;;) {
      const { kind, payload } = await this.#frames.next();
      if (kind === kinds.error) throw new Refusal(decode(failure, payload));
      if (kind !== kinds.reply && kind !== kinds.part) {
        throw new Error(`no reply: kind ${kind}`);
      }
      parts.push(payload);
      if (kind === kinds.reply) return Buffer.concat(parts);
    }
  }

  /** The pieces of a stream down. A stream without its end was cut. */
  async *#pieces() {
    for (;;) {
      const { kind, payload } = await this.#frames.next();
      if (kind === kinds.error) throw new Refusal(decode(failure, payload));
      if (kind === kinds.data) yield payload;
      else if (kind === kinds.end && decode(bool, payload)) return;
      else throw new Error("the stream was cut");
    }
  }
}
