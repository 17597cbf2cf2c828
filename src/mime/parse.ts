/**
 * A MIME message as its leaves (RFC 2045, 2046), streamed: any bytes, cut anywhere, in bounded memory.
 * Trusts nothing it reads.
 */

import { limits } from "../model/limits.ts";
import { decoderFor } from "./transfer/decode.ts";
import { type Header, parseHeader } from "./header/header.ts";
import { describePart, type PartHeader } from "./part.ts";
import { Scanner } from "./scan.ts";

/** One leaf. Its content may be read until the next leaf is asked for, wholly, in part or not at all. */
export interface Leaf {
  readonly part: PartHeader;
  /** The decoded bytes: text that is not base64 has LF line ends, all else is exact. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** A message whose header was read. */
export interface ParsedMessage {
  readonly header: Header;
  /** The header as it came, with its blank line. */
  readonly headers: Uint8Array;
  /** The leaves, once. The source is closed when they end or are left; until begun it is the caller's. */
  readonly leaves: AsyncGenerator<Leaf, void, undefined>;
}

/**
 * Parses a message: its header at once, its leaves as they are asked for. `message/*` is one leaf. A multipart that
 * nothing divides has one leaf, its text. Parts over `limits.maxMimeDepth` and `maxMimeParts` are in one leaf, as they
 * stand. The source must leave the chunks it handed out as they are.
 * @throws {MailError} `too_large`: over `limits.maxHeaderBytes`.
 */
export async function parseMessage(source: AsyncIterable<Uint8Array>): Promise<ParsedMessage> {
  const scanner = new Scanner(source);
  const headers = await scanner.readHeader().catch(async (error) => {
    await scanner.close();
    throw error;
  });
  return { header: parseHeader(headers), headers, leaves: readLeaves(scanner, headers) };
}

/** Parses a message as its leaves only. @throws {MailError} as `parseMessage` does. */
export async function* parseParts(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Leaf, void, undefined> {
  yield* (await parseMessage(source)).leaves;
}

async function* readLeaves(
  scanner: Scanner,
  firstHeaders: Uint8Array,
): AsyncGenerator<Leaf, void, undefined> {
  const open: Multipart[] = [];
  let headers = firstHeaders;
  let index = 0;
  const leafOf = (described: DescribedLeaf, start: readonly Uint8Array[] = []): Leaf => {
    const alternative = open.at(-1)?.alternative ?? null;
    const part = { index: ++index, alternative, isWhole: open.length === 0, ...described };
    const isCurrent = () => part.index === index;
    return { part, content: decodeContent(part, scanner, start, isCurrent) };
  };
  try {
    for (let count = 1;; count++) {
      const { boundary, ...described } = describePart(
        headers,
        open.at(-1)?.childType ?? "text/plain",
      );
      const isLast = count === limits.maxMimeParts;
      if (isLast) scanner.leaveAll();
      if (isLast || boundary !== null && scanner.depth === limits.maxMimeDepth) {
        yield leafOf({ ...described, ...opaque });
      } else if (boundary !== null) {
        scanner.enter(boundary);
        open.push(multipart(described.type, open.at(-1)?.alternative ?? null, count));
        const text = await readUndivided(scanner);
        if (text !== null) yield leafOf(undivided, text);
      } else yield leafOf(described.type.startsWith("multipart/") ? undivided : described);
      if (!await scanner.nextPart()) return;
      open.length = scanner.depth;
      headers = await scanner.readHeader();
    }
  } finally {
    index = -1;
    await scanner.close();
  }
}

type DescribedLeaf = Omit<PartHeader, "index" | "alternative" | "isWhole">;

/** The text of a multipart that nothing divides: a part that has no header (RFC 2046 5.1). */
const { boundary: _, ...undivided } = describePart(new Uint8Array(), "text/plain");

/** What cannot be parted any more: bytes that a reader may keep. */
const opaque = {
  type: "application/octet-stream",
  charset: null,
  disposition: "attachment",
  fileName: null,
  encoding: "binary",
};

/**
 * Reads what stands before the first part of a multipart, which is nothing to a reader. Where no part follows, or not
 * within `limits.maxPreambleBytes`, it is the text: then its beginning is returned, else null.
 */
async function readUndivided(scanner: Scanner): Promise<readonly Uint8Array[] | null> {
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; bytes <= limits.maxPreambleBytes;) {
    const piece = await scanner.readContent();
    if (piece === null) return bytes === 0 || scanner.isAtInnerPart ? null : pieces;
    pieces.push(piece);
    bytes += piece.length;
  }
  return pieces;
}

/** What the leaves of a multipart need to know of it. */
interface Multipart {
  /** What its parts are that do not say so. */
  readonly childType: string;
  readonly alternative: number | null;
}

function multipart(type: string, outer: number | null, count: number): Multipart {
  return {
    childType: type === "multipart/digest" ? "message/rfc822" : "text/plain", // RFC 2046 5.1.5
    alternative: outer ?? (type === "multipart/alternative" ? count : null),
  };
}

/** `start`: what was read of it already. */
async function* decodeContent(
  part: PartHeader,
  scanner: Scanner,
  start: readonly Uint8Array[],
  isCurrent: () => boolean,
): AsyncGenerator<Uint8Array> {
  const decoder = decoderFor(part.encoding, part.type.startsWith("text/"));
  const read = [...start];
  while (isCurrent()) {
    const piece = read.shift() ?? await scanner.readContent();
    const decoded = piece === null ? decoder.end() : decoder.decode(piece);
    if (decoded.length > 0) yield decoded;
    if (piece === null) return;
  }
}
