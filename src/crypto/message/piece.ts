/** The digests that hold a body to its envelope: one a piece, so that no byte is shown before it was checked. */
import { ByteCounter } from "../../model/byte_counter.ts";
import { type Bytes, equalBytes } from "../../model/bytes.ts";
import { asPieceDigest, type PieceDigest } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { BodyDigests } from "../../model/message.ts";
import { heardElsewhere } from "../../model/promises.ts";
import { sha256 } from "../fingerprint.ts";

/** Digests the pieces of a body as it goes by. */
export class PieceDigester {
  readonly #pieces: PieceDigest[] = [];
  readonly #counter = new ByteCounter();

  /** Bytes that went by. */
  get bytes(): number {
    return this.#counter.bytes;
  }

  /** One SHA-256 a piece of `limits.digestPieceBytes`, once the source has ended. */
  get pieces(): readonly PieceDigest[] {
    return this.#pieces;
  }

  /** What an envelope says of the body, once the source has ended. */
  get digests(): BodyDigests {
    return { bodyBytes: this.bytes, bodyPieces: this.#pieces };
  }

  /** Hands the source on as it is. A piece is digested while the next goes by. */
  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    const piece = new Piece();
    let digesting = Promise.resolve();
    const digest = async () => {
      await digesting;
      digesting = heardElsewhere(this.#keep(piece.digest())); // here, with the next or at the end
    };
    for await (const bytes of cutAtPieces(this.#counter.pass(source))) {
      piece.add(bytes);
      yield bytes;
      if (piece.isWhole) await digest();
    }
    if (!piece.isEmpty) await digest();
    await digesting;
  }

  async #keep(digest: Promise<PieceDigest>): Promise<void> {
    this.#pieces.push(await digest);
  }
}

/**
 * Hands out a body, each piece of it after it was compared with what was signed.
 * @throws {MailError} `bad_signature` before the first byte of a wrong piece, and for too few or too many.
 */
export async function* verifyPieces(
  source: AsyncIterable<Uint8Array>,
  signed: BodyDigests,
): AsyncGenerator<Uint8Array, void> {
  const piece = new Piece();
  let waiting: Uint8Array[] = [];
  let index = 0;
  let count = 0;
  const verified = async () => {
    const expected = signed.bodyPieces[index++];
    if (expected === undefined || !equalBytes(await piece.digest(), expected)) {
      throw notWhatWasSigned();
    }
    const whole = waiting;
    waiting = [];
    return whole;
  };
  for await (const bytes of cutAtPieces(source)) {
    piece.add(bytes);
    waiting.push(bytes);
    count += bytes.length;
    if (piece.isWhole) yield* await verified();
  }
  if (!piece.isEmpty) yield* await verified();
  if (index !== signed.bodyPieces.length || count !== signed.bodyBytes) throw notWhatWasSigned();
}

/** One piece after the other, in the same memory: a MiB anew for each would cost more than its digest. */
class Piece {
  #bytes: Bytes = new Uint8Array(0);
  #filled = 0;

  get isEmpty(): boolean {
    return this.#filled === 0;
  }

  get isWhole(): boolean {
    return this.#filled === limits.digestPieceBytes;
  }

  /** Copies more of the piece. */
  add(bytes: Uint8Array): void {
    const filled = this.#filled + bytes.length;
    if (filled > this.#bytes.length) this.#grow(Math.max(filled, 2 * this.#bytes.length));
    this.#bytes.set(bytes, this.#filled);
    this.#filled = filled;
  }

  /** Digests it. The next may be added at once: what digests has its own copy (Web Cryptography 14.3.5). */
  async digest(): Promise<PieceDigest> {
    const digest = sha256(this.#bytes.subarray(0, this.#filled));
    this.#filled = 0;
    return asPieceDigest(await digest);
  }

  #grow(size: number): void {
    const larger = new Uint8Array(Math.min(size, limits.digestPieceBytes));
    larger.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = larger;
  }
}

/** Cuts a stream so that no chunk is in two pieces of `limits.digestPieceBytes`. None is empty. */
async function* cutAtPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const bytes = chunk.subarray(at, at + limits.digestPieceBytes - filled);
      at += bytes.length;
      filled = (filled + bytes.length) % limits.digestPieceBytes;
      yield bytes;
    }
  }
}

/** The body is other than the envelope says. */
export function notWhatWasSigned(): MailError {
  return new MailError("bad_signature", "Cannot show the body: it is not what its sender signed");
}
