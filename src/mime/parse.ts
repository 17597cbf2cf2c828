/**
 * A MIME message as its leaves (RFC 2045, 2046), streamed: any bytes, cut anywhere, in bounded memory.
 * Trusts nothing it reads.
 */

import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { decoderFor } from "./decode.ts";
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
 * Parses a message: its header at once, its leaves as they are asked for.
 * `message/*` is one leaf, and so is a multipart without a boundary. The source must leave the
 * chunks it handed out as they are.
 * @throws {MailError} `too_large`: over `limits.maxHeaderBytes`, `maxMimeDepth` or `maxMimeParts`.
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
  try {
    for (let count = 1;; count++) {
      checkCount(count);
      const { boundary, ...described } = describePart(
        headers,
        open.at(-1)?.childType ?? "text/plain",
      );
      const alternative = open.at(-1)?.alternative ?? null;
      if (boundary !== null) {
        checkDepth(scanner.depth + 1);
        scanner.enter(boundary);
        open.push(multipart(described.type, alternative, count));
      } else {
        const part = { index: ++index, alternative, isWhole: open.length === 0, ...described };
        const isCurrent = () => part.index === index;
        yield { part, content: decodeContent(part, scanner, isCurrent) };
      }
      if (!await scanner.nextPart()) return;
      open.length = scanner.depth;
      headers = await scanner.readHeader();
    }
  } finally {
    index = -1;
    await scanner.close();
  }
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

async function* decodeContent(
  part: PartHeader,
  scanner: Scanner,
  isCurrent: () => boolean,
): AsyncGenerator<Uint8Array> {
  const decoder = decoderFor(part.encoding, part.type.startsWith("text/"));
  while (isCurrent()) {
    const piece = await scanner.readContent();
    const decoded = piece === null ? decoder.end() : decoder.decode(piece);
    if (decoded.length > 0) yield decoded;
    if (piece === null) return;
  }
}

function checkCount(count: number): void {
  if (count <= limits.maxMimeParts) return;
  throw new MailError(
    "too_large",
    `Cannot read a message of more than ${limits.maxMimeParts} parts`,
  );
}

function checkDepth(depth: number): void {
  if (depth <= limits.maxMimeDepth) return;
  throw new MailError(
    "too_large",
    `Cannot read a message with parts nested more than ${limits.maxMimeDepth} deep`,
  );
}
