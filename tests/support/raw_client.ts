/** A client that does what it is told, also what no client should: frames by hand over any connection. */
import { proveLogin, proveRecovery } from "../../src/crypto/account/login_proof.ts";
import { type AccountName, addressAt } from "../../src/model/address.ts";
import {
  asTranscript,
  type LoginSeed,
  type RecoverySeed,
  type RequestId,
  type Transcript,
} from "../../src/model/digests.ts";
import type { UploadId } from "../../src/model/ids.ts";
import type { AccountState } from "../../src/wire/layouts.ts";
import assert from "node:assert/strict";
import { FrameOpener, FrameSealer } from "../../src/crypto/session/frame_cipher.ts";
import { readHello, type SessionKeys } from "../../src/crypto/session/handshake.ts";
import { type Bytes, concatBytes, plain, randomBytes } from "../../src/model/bytes.ts";
import type { MailError } from "../../src/model/errors.ts";
import type { Connection } from "../../src/net/connection.ts";
import {
  clientConfirm,
  cutMessage,
  decodeError,
  serverConfirm,
  streamEnd,
} from "../../src/session/state.ts";
import { Writer } from "../../src/wire/buffer.ts";
import { decode, encode } from "../../src/wire/fields.ts";
import { encodeFrame, type Frame, FrameDecoder, type FrameKind } from "../../src/wire/frame.ts";
import {
  type OperationName,
  operations,
  type ReplyOf,
  type RequestOf,
} from "../../src/wire/operations.ts";

/** What a server said in the place of a reply. */
export class Refusal extends Error {
  readonly told: MailError;

  constructor(told: MailError) {
    super(`${told.code}: ${told.message}`);
    this.told = told;
  }
}

/** A request; without an id it gets one, and without a signature of the password it sets, that of `loginSeed`. */
export type Asked<N extends OperationName> =
  & Omit<RequestOf<N>, "request" | "loginSignature">
  & {
    readonly request?: RequestId;
    readonly loginSignature?: Uint8Array;
    readonly loginSeed?: LoginSeed;
    readonly domain?: string;
  };

/** The payload of a request frame. */
export function requestPayload<N extends OperationName>(name: N, value: Asked<N>): Bytes {
  const writer = new Writer();
  writer.u16(operations[name].number);
  const request = { request: randomBytes(16), loginSignature: randomBytes(64), ...value };
  operations[name].request.write(writer, request as never);
  return writer.done();
}

/** Whoever logs in, at `mail.test` unless it is said. */
export interface LoginBySeed {
  readonly name: AccountName;
  readonly loginSeed: LoginSeed;
  readonly domain?: string;
}

export class RawClient {
  readonly #connection: Connection;
  readonly #decoder = new FrameDecoder(1024 * 1024);
  /** Of the session; empty before `useKeys`. */
  transcript: Transcript = asTranscript(new Uint8Array(0));
  #sealer: FrameSealer | null = null;
  #opener: FrameOpener | null = null;
  /** Everything sent so far, piece by piece. */
  readonly sent: Bytes[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Agrees on keys with whatever server is at the other end. */
  static async open(connection: Connection): Promise<RawClient> {
    const client = new RawClient(connection);
    await client.handshake();
    return client;
  }

  async handshake(): Promise<void> {
    const { payload, keys } = await this.answerHello();
    await this.sendBytes(encodeFrame({ kind: "exchange", payload }));
    this.useKeys(keys);
    await this.send("confirm", encode(clientConfirm, { transcript: keys.transcript }));
    const confirm = await this.next();
    assert.equal(confirm.kind, "confirm");
    assert.deepEqual(decode(serverConfirm, confirm.payload).transcript, keys.transcript);
  }

  async answerHello(): Promise<{ payload: Bytes; keys: SessionKeys }> {
    const hello = await this.nextRaw();
    assert.equal(hello?.kind, "hello");
    return await (await readHello(hello.payload)).answer();
  }

  useKeys(keys: SessionKeys): void {
    this.transcript = keys.transcript;
    this.#sealer = new FrameSealer(keys.toServer, "toServer");
    this.#opener = new FrameOpener(keys.toClient, "toClient");
  }

  seal(kind: FrameKind, payload: Uint8Array): Promise<Bytes> {
    return this.#sealer!.seal({ kind, payload });
  }

  async send(kind: FrameKind, payload: Uint8Array): Promise<void> {
    await this.sendBytes(await this.seal(kind, payload));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    this.sent.push(plain(bytes.slice()));
    await this.#connection.write(bytes);
  }

  /** Sends a request and returns its reply. @throws {Refusal} */
  async call<N extends OperationName>(name: N, value: Asked<N>): Promise<ReplyOf<N>> {
    await this.sendRequest(name, value);
    return await this.reply(name);
  }

  /** Logs in by a signature over this session. @throws {Refusal} */
  async logIn(login: LoginBySeed): Promise<AccountState> {
    return await this.call("login", await this.proofOf(login));
  }

  /** What `logIn` says. */
  async proofOf({ name, loginSeed, domain = "mail.test" }: LoginBySeed) {
    const presence = { transcript: this.transcript, address: addressAt(name, domain) };
    return { name, ...await proveLogin(loginSeed, presence) };
  }

  /** What the holder of a recovery code says in this session. */
  async claimOf(name: AccountName, seed: RecoverySeed) {
    const presence = { transcript: this.transcript, address: addressAt(name, "mail.test") };
    return { name, ...await proveRecovery(seed, presence) };
  }

  async sendRequest<N extends OperationName>(name: N, value: Asked<N>): Promise<void> {
    const signed = { ...await this.#loginSignature(value), ...value };
    for (const frame of cutMessage("request", requestPayload(name, signed), 8000)) {
      await this.send(frame.kind, frame.payload);
    }
  }

  async #loginSignature(value: object): Promise<object> {
    if (!("loginSeed" in value)) return {};
    const { signature: loginSignature } = await this.proofOf(value as LoginBySeed);
    return { loginSignature };
  }

  /** @throws {Refusal} */
  async reply<N extends OperationName>(name: N): Promise<ReplyOf<N>> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const { kind, payload } = await this.next();
      if (kind === "error") throw new Refusal(decodeError(payload));
      assert.ok(kind === "part" || kind === "reply", kind);
      parts.push(payload);
      if (kind === "reply") {
        return decode(operations[name].reply as never, concatBytes(parts)) as ReplyOf<N>;
      }
    }
  }

  /** Uploads in frames of the size given. @throws {Refusal} */
  async upload(bytes: Uint8Array, frameBytes: number): Promise<UploadId> {
    await this.sendRequest("upload", {});
    for (let at = 0; at < bytes.length; at += frameBytes) {
      await this.send("data", bytes.subarray(at, at + frameBytes));
    }
    await this.endStream(true);
    return (await this.reply("upload")).upload;
  }

  endStream(complete: boolean): Promise<void> {
    return this.send("end", encode(streamEnd, { complete }));
  }

  /** Reads the data frames after a reply. */
  async download(): Promise<Bytes> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const { kind, payload } = await this.next();
      if (kind === "error") throw new Refusal(decodeError(payload));
      if (kind === "end") return concatBytes(chunks);
      assert.equal(kind, "data");
      chunks.push(payload);
    }
  }

  /** Opens the next sealed frame. */
  async next(): Promise<Frame> {
    const frame = await this.nextRaw();
    assert.ok(frame !== null, "the server closed the connection");
    return await this.#opener!.open(frame);
  }

  /** Reads the next frame as it is; null where the server closes first. */
  async nextRaw(): Promise<Frame | null> {
    for (;;) {
      const frame = this.#decoder.next();
      if (frame !== null) return frame;
      const bytes = await this.#connection.read();
      if (bytes === null) return null;
      this.#decoder.push(bytes);
    }
  }

  /** Reads on until the server closes. Returns what it said before, sealed or not. */
  async readToEnd(): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (let frame; (frame = await this.nextRaw()) !== null;) frames.push(frame);
    return frames;
  }

  close(): void {
    this.#connection.close();
  }
}

/** A refusal's code, or `ok`. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "ok";
  } catch (error) {
    if (error instanceof Refusal) return error.told.code;
    throw error;
  }
}

/** What a server still says until it ends the session; fails where it does not end it. */
export async function ended(client: RawClient): Promise<Frame[]> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("the session goes on")), 10_000);
  try {
    return await Promise.race([client.readToEnd(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
