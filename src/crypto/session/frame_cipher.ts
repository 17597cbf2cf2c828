/** Sealed frames: AES-256-GCM a direction, the frame's number as nonce. WIRE.md 4. */
import { type Bytes, plain } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { type FrameParameters, type SmallCipher, syncCrypto } from "../sync_crypto.ts";
import { type Frame, frameHeaderBytes, frameKind } from "../../wire/frame.ts";

/** Bytes that sealing adds to a payload. */
export const sealBytes = 16;

type Direction = "toServer" | "toClient";
const directionByte = { toServer: 1, toClient: 2 } as const;

/** A session ends before this many frames in one direction (NIST SP 800-38D 8.3 would allow 2^32). */
const maxFrames = 2 ** 31;

/** Payloads of up to so many bytes are sealed and opened at once, where there is something that can: a short send. */
const smallBytes = 8192;

type FindCipher = (key: CryptoKey) => SmallCipher | null;
const findLoaded: FindCipher = (key) => syncCrypto()?.frameCipher(key) ?? null;

/** What does that under one key, as soon as there is something. */
class AtOnce {
  readonly #key: CryptoKey;
  readonly #find: FindCipher;
  #cipher: SmallCipher | null = null;

  constructor(key: CryptoKey, find: FindCipher) {
    this.#key = key;
    this.#find = find;
  }

  /** Null: Web Crypto is to do it. */
  cipherFor({ length }: Uint8Array): SmallCipher | null {
    return length > smallBytes ? null : this.#cipher ??= this.#find(this.#key);
  }
}

/** Seals the frames of one direction. Write them in the order of the calls, each after the one before it. */
export class FrameSealer {
  readonly #key: CryptoKey;
  readonly #direction: Direction;
  readonly #atOnce: AtOnce;
  #count = 0;

  constructor(key: CryptoKey, direction: Direction, find: FindCipher = findLoaded) {
    this.#key = key;
    this.#direction = direction;
    this.#atOnce = new AtOnce(key, find);
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
    const small = this.#atOnce.cipherFor(payload);
    if (small !== null) {
      small.seal(how, payload, into);
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
  readonly #atOnce: AtOnce;
  #count = 0;

  constructor(key: CryptoKey, direction: Direction, find: FindCipher = findLoaded) {
    this.#key = key;
    this.#direction = direction;
    this.#atOnce = new AtOnce(key, find);
  }

  /** @throws {MailError} `protocol`, the same for every cause; nothing after it can be trusted. */
  async open({ kind, payload }: Frame): Promise<Frame> {
    const length = payload.length + 1;
    const count = this.#count++;
    try {
      const how = parameters(count, this.#direction, frameKind[kind], length);
      const small = this.#atOnce.cipherFor(payload);
      if (small !== null) return { kind, payload: small.open(how, payload) };
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

interface Parameters extends FrameParameters {
  readonly name: string;
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
