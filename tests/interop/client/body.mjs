/** WIRE 8.1 and 8.3: a body under its own key, and the pieces by which a reader checks it as it comes. */
import { Buffer, join, nothing, sha256 } from "./bytes.mjs";
import { makeFileKey, PayloadOpener, sealPayload } from "./age.mjs";
import { check } from "./envelope.mjs";

const pieceBytes = 1_048_576;
const mostInline = 262_144; // of `body` in a send; more is uploaded

/** Seals a MIME source: what is sent, and what the envelope says of it. */
export function sealBody(source) {
  const fileKey = makeFileKey();
  const bodyPieces = [];
  for (let at = 0; at < source.length; at += pieceBytes) {
    bodyPieces.push(sha256(source.subarray(at, at + pieceBytes)));
  }
  const sealed = sealPayload(fileKey, source);
  const said = { fileKey, bodyBytes: source.length, bodyPieces, encodedBytes: null };
  return { sealed, said };
}

/** What a request says of a body: the body, or the number of its upload. */
export async function deliverBody(session, sealed) {
  if (sealed.length <= mostInline) return { body: sealed };
  return await session.call("upload", {}, sealed);
}

/** Opens a stream with the body of a message, piece by piece: none is used that was not checked. */
export async function openBody({ fileKey, bodyBytes, bodyPieces }, stream) {
  const opener = new PayloadOpener(fileKey);
  const pieces = new PieceChecker(bodyPieces);
  for await (const bytes of stream) pieces.push(opener.push(bytes));
  pieces.push(opener.end());
  const body = pieces.end();
  check(body.length === bodyBytes, "the body has another length");
  return body;
}

class PieceChecker {
  #digests;
  #checked = [];
  #unchecked = nothing;

  constructor(digests) {
    this.#digests = [...digests];
  }

  push(chunks) {
    this.#unchecked = join(this.#unchecked, ...chunks);
    while (this.#unchecked.length >= pieceBytes) this.#check(pieceBytes);
  }

  end() {
    if (this.#unchecked.length > 0) this.#check(this.#unchecked.length);
    check(this.#digests.length === 0, "the body lacks a piece");
    return Buffer.concat(this.#checked);
  }

  #check(count) {
    const piece = this.#unchecked.subarray(0, count);
    check(this.#digests.shift()?.equals(sha256(piece)), "a piece of the body is forged");
    this.#checked.push(piece);
    this.#unchecked = this.#unchecked.subarray(count);
  }
}
