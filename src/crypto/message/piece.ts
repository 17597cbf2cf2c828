/** The digests that hold a body to its envelope: one a piece, so that no byte is shown before it was checked. */
import { ByteCounter } from "../../model/byte_counter.ts";
import { type Bytes, concatBytes, equalBytes } from "../../model/bytes.ts";
import { asPieceDigest, type PieceDigest } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { BodyDigests } from "../../model/message.ts";
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

  /** Hands the source on as it is. */
  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const piece of this.#counter.pass(cutPieces(source))) {
      this.#pieces.push(asPieceDigest(await sha256(piece)));
      yield piece;
    }
  }
}

/**
 * Hands out a body piece by piece, each after it was compared with what was signed.
 * @throws {MailError} `bad_signature` before the first wrong byte, and for too few or too many.
 */
export async function* verifyPieces(
  source: AsyncIterable<Uint8Array>,
  signed: BodyDigests,
): AsyncGenerator<Uint8Array, void> {
  let index = 0;
  let bytes = 0;
  for await (const piece of cutPieces(source)) {
    const expected = signed.bodyPieces[index++];
    bytes += piece.length;
    if (expected === undefined || !equalBytes(await sha256(piece), expected)) {
      throw notWhatWasSigned();
    }
    yield piece;
  }
  if (index !== signed.bodyPieces.length || bytes !== signed.bodyBytes) throw notWhatWasSigned();
}

/** Cuts a stream into pieces of exactly `limits.digestPieceBytes`; the last may be shorter. None is empty. */
async function* cutPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Bytes, void> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (let chunk of source) {
    while (bytes + chunk.length >= limits.digestPieceBytes) {
      const taken = limits.digestPieceBytes - bytes;
      yield concatBytes([...waiting, chunk.subarray(0, taken)]);
      chunk = chunk.subarray(taken);
      waiting = [];
      bytes = 0;
    }
    if (chunk.length > 0) waiting.push(chunk);
    bytes += chunk.length;
  }
  if (bytes > 0) yield concatBytes(waiting);
}

function notWhatWasSigned(): MailError {
  return new MailError("bad_signature", "Cannot show the body: it is not what its sender signed");
}
