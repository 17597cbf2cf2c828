/** WIRE 1, 2 and 5.2: a session over TLS, and requests, replies and streams in it. */

import { connect } from "node:tls";
import { once } from "node:events";
import { insist, join, pieces } from "./bytes.mjs";
import { bool, decode, encode, u16 } from "./fields.mjs";
import { FrameReader, kind, lengthAfterLogin, lengthBeforeLogin, sealAndKind } from "./frames.mjs";
import { checkConfirm, shakeHands } from "./handshake.mjs";
import { failure, operations } from "./operations.mjs";

const mostReplyBytes = 4_194_304;

/** WIRE 1: the certificate is not verified here, its digest is compared in 3.4. */
async function connectTls(host, port) {
  const socket = connect({
    host,
    port,
    minVersion: "TLSv1.3",
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  return socket;
}

export class Session {
  #socket;
  #reader;
  #hands;
  #ticket;
  #confirmed = false;
  #mostLength = lengthBeforeLogin;

  constructor(socket, reader, hands) {
    this.#socket = socket;
    this.#reader = reader;
    this.#hands = hands;
  }

  /** WIRE 3.4: the server's confirm is not waited for, `answer` reads it. */
  static async open(host, port, fingerprint, ticket) {
    const socket = await connectTls(host, port);
    const reader = new FrameReader(socket);
    const hands = await shakeHands(reader, fingerprint, ticket);
    socket.write(hands.flight);
    return new Session(socket, reader, hands);
  }

  /** WIRE 3.6: there once a reply was read. */
  get ticket() {
    return this.#ticket;
  }

  /** WIRE 3.3 */
  get transcript() {
    return this.#hands.transcript;
  }

  close() {
    this.#socket.destroy();
  }

  /** WIRE 2: from the login on frames may be larger. */
  loggedIn() {
    this.#mostLength = lengthAfterLogin;
  }

  #write(frameKind, payload) {
    this.#socket.write(this.#hands.toServer.frame(frameKind, payload));
  }

  /** Sends a request without waiting for its answer. WIRE 5.2 */
  ask(name, value = {}) {
    const operation = operations[name];
    const request = join(
      u16.write(operation.number),
      encode(operation.request, value),
    );
    const parts = pieces(request, this.#mostLength - sealAndKind);
    const last = parts.pop();
    for (const part of parts) this.#write(kind.part, part);
    this.#write(kind.request, last);
  }

  /** WIRE 5.2: the stream of an *up* operation. */
  sendStream(content) {
    for (const piece of pieces(content, lengthAfterLogin - sealAndKind)) {
      this.#write(kind.data, piece);
    }
    this.#write(kind.end, encode(bool, true));
  }

  async #confirm() {
    const received = await this.#reader.read(lengthBeforeLogin);
    insist(received.kind === kind.confirm, "no confirm");
    const certificate = this.#socket.getPeerX509Certificate().raw;
    this.#ticket = checkConfirm(
      this.#hands.toClient.open(received),
      this.#hands.transcript,
      certificate,
    );
    this.#confirmed = true;
  }

  async #read(...expected) {
    if (!this.#confirmed) await this.#confirm();
    const received = await this.#reader.read(this.#mostLength);
    const payload = this.#hands.toClient.open(received);
    if (received.kind === kind.error) throw refusal(decode(failure, payload));
    insist(
      expected.includes(received.kind),
      `a frame of kind ${received.kind} has no place here`,
    );
    return { kind: received.kind, payload };
  }

  /** Reads the reply to the earliest request that has none yet. WIRE 2, 5.2 */
  async answer(name) {
    let reply = new Uint8Array(0);
    for (;;) {
      const { kind: frameKind, payload } = await this.#read(
        kind.part,
        kind.reply,
      );
      reply = join(reply, payload);
      insist(reply.length <= mostReplyBytes, "a reply too large");
      if (frameKind === kind.reply) {
        return decode(operations[name].reply, reply);
      }
      insist(payload.length > 0, "an empty part");
    }
  }

  request(name, value) {
    this.ask(name, value);
    return this.answer(name);
  }

  /** The stream behind a *down* reply. WIRE 5.2 */
  async receiveStream() {
    const content = [];
    for (;;) {
      const { kind: frameKind, payload } = await this.#read(
        kind.data,
        kind.end,
      );
      if (frameKind === kind.data) content.push(payload);
      else {
        insist(decode(bool, payload), "the server gave the stream up");
        return join(...content);
      }
    }
  }
}

/** WIRE 5.3 */
function refusal({ code, message, hint }) {
  return new Error(
    `error ${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`,
  );
}
