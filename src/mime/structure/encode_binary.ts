/** Parts that are binary, made base64: for readers who can have no NUL, and lines of some length. RFC 3516 4.4 */
import { concatBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { bytesOfString, byteString } from "../byte_string.ts";
import { encodeBase64 } from "../transfer/encode.ts";
import { describePart } from "../part.ts";
import { Scanner } from "../scan.ts";
import type { ByteRange, MimeStructure } from "../structure.ts";
import { selectFields } from "./header_fields.ts";
import { readStructure } from "./read_structure.ts";

/** Other bytes in the place of some. */
interface Edit {
  readonly range: ByteRange;
  readonly bytes: Uint8Array;
}

/**
 * Streams a message with each part that is in Content-Transfer-Encoding `binary` in lines of base64, but for messages, and
 * with `8bit` for the `binary` of what holds others. Each field that says so stays as long as it is, and the rest as it
 * is: also what stands deeper, or behind more parts or in a longer header, than anybody reads.
 */
export async function* encodeBinaryParts(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const scanner = new Scanner(source);
  try {
    for (let [parts, isHeader] = [0, true];;) {
      const isRead = isHeader && parts++ < limits.maxMimeParts;
      if (isHeader && !isRead) scanner.leaveAll();
      const isEncoded = isRead && (yield* encodeHeader(scanner));
      const content = contentOf(scanner);
      yield* isEncoded ? encodeBase64(content) : content;
      const delimiter = scanner.takeDelimiter();
      if (delimiter === null) return;
      yield isEncoded ? delimiter.bytes.subarray(delimiter.bytes.indexOf(hyphen)) : delimiter.bytes;
      isHeader = !delimiter.isClose;
    }
  } finally {
    await scanner.close();
  }
}

/** Returns whether what follows is to be encoded. */
async function* encodeHeader(scanner: Scanner): AsyncGenerator<Uint8Array, boolean> {
  const { bytes: header, isLast } = await scanner.readHeaderPiece();
  if (!isLast) {
    yield header;
    return false;
  }
  const { boundary, type, encoding } = describePart(header, "text/plain");
  if (boundary !== null && scanner.depth < limits.maxMimeDepth) scanner.enter(boundary);
  const isWhole = /^(?:multipart|message)\//.test(type);
  const written = encoding === "binary" ? relabel(header, isWhole ? "8bit  " : "base64") : null;
  yield written ?? header;
  return written !== null && !isWhole;
}

/** Null where the field does not stand there as we write it. */
function relabel(header: Uint8Array, encoding: string): Uint8Array | null {
  const text = byteString(header);
  const written = text.replace(
    /^(content-transfer-encoding:[ \t]*)binary(?=\r?$)/im,
    `$1${encoding}`,
  );
  return written === text ? null : bytesOfString(written);
}

async function* contentOf(scanner: Scanner): AsyncGenerator<Uint8Array, void> {
  for (let piece; (piece = await scanner.readContent()) !== null;) yield piece;
}

const hyphen = 45;

/** Encodes each part that is in Content-Transfer-Encoding `binary`, or has a NUL although it is not encoded. */
export async function encodeBinary(message: Uint8Array): Promise<Uint8Array> {
  const structure = await readStructure(ReadableStream.from([message]));
  const pieces: Uint8Array[] = [];
  let at = 0;
  for await (const { range, bytes } of editsOf(structure, message)) {
    pieces.push(message.subarray(at, range.from), bytes);
    at = range.to;
  }
  return at === 0 ? message : concatBytes([...pieces, message.subarray(at)]);
}

/** In order, none touching another. */
async function* editsOf(part: MimeStructure, message: Uint8Array): AsyncGenerator<Edit, void> {
  const isBinary = /^binary$/i.test(part.encoding);
  const content = message.subarray(part.content.from, part.content.to);
  const inner = part.message === null ? part.parts : [part.message];
  if (inner.length > 0 && isBinary) yield headerEdit(part, message, "8bit"); // RFC 2045 6.4
  for (const each of inner) yield* editsOf(each, message);
  const hasHeader = part.header.from < part.header.to; // the text of a multipart that nothing divides has none
  const isWhole = /^(?:multipart|message)$/i.test(part.type) || content.length === 0 || !hasHeader;
  const hasNul = /^[78]bit$/i.test(part.encoding) && content.includes(0);
  if (inner.length > 0 || isWhole || !(isBinary || hasNul)) return;
  yield headerEdit(part, message, "base64");
  const lines = concatBytes(await Array.fromAsync(encodeBase64(ReadableStream.from([content]))));
  const isLast = part.content.to === message.length; // else a line break is there already
  yield { range: part.content, bytes: isLast ? lines : lines.subarray(0, -2) };
}

function headerEdit({ header }: MimeStructure, message: Uint8Array, encoding: string): Edit {
  const before = message.subarray(header.from, header.to);
  const others = selectFields(before, ["Content-Transfer-Encoding"], "without");
  const field = bytesOfString(`Content-Transfer-Encoding: ${encoding}\r\n`);
  return { range: header, bytes: concatBytes([field, others]) };
}
