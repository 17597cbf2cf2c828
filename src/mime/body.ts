/** How a body is written so that a reader gets exactly its bytes back. Never changes a byte. */

import { concatBytes, utf8 } from "../model/bytes.ts";
import { startWith } from "./block.ts";
import { encodeBase64, encodeLineBreaks } from "./transfer/encode.ts";

/** The bytes of a body or an attachment: whole if small, or a stream of any size. */
export type LeafContent = Uint8Array | AsyncIterable<Uint8Array>;

/** A body with the way of writing it. `close` lets go of a stream that was not read to its end. */
export interface WrittenBody {
  readonly type: string;
  readonly encoding: "7bit" | "8bit" | "base64";
  readonly isText: boolean;
  readonly content: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A file, or a message within a message, byte for byte as it is. `close` as for a body. */
export interface WrittenPart {
  readonly encoding: "7bit" | "8bit" | "binary";
  readonly content: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Stands for the bytes a stream began with, and what can still be read of it. */
interface Opened {
  readonly head: Uint8Array;
  readonly isWhole: boolean;
  readonly all: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

const sniffBytes = 64 * 1024;
const maxLineBytes = 998; // RFC 5322 2.1.1

/**
 * Chooses how to write a body: lines of text as they are, anything else as base64.
 * Reads at most 64 KiB ahead, and one chunk; a longer stream is never written as lines.
 */
export async function writeBody(content: LeafContent, boundary: string): Promise<WrittenBody> {
  const opened = content instanceof Uint8Array ? openBytes(content) : await openStream(content);
  const isText = isUtf8(opened.head, opened.isWhole);
  const isLines = isText && opened.isWhole && isShortLines(opened.head) &&
    !holdsDelimiter(opened.head, boundary);
  return {
    type: isText ? "text/plain; charset=utf-8" : "application/octet-stream",
    encoding: !isLines ? "base64" : isAscii(opened.head) ? "7bit" : "8bit",
    isText,
    content: isLines ? streamOf(encodeLineBreaks(opened.head)) : encodeBase64(opened.all),
    close: opened.close,
  };
}

/**
 * Chooses how to label a whole message: RFC 2046 5.2.1 allows no encoding of one. Only the boundary, which nobody can
 * guess, keeps its lines apart from the delimiters. Reads at most 64 KiB ahead, and one chunk; more is `binary`.
 */
export async function writeMessage(content: LeafContent): Promise<WrittenPart> {
  const { head, isWhole, all, close } = content instanceof Uint8Array
    ? openBytes(content)
    : await openStream(content);
  const isLines = isWhole && isShortCrlfLines(head);
  return { encoding: !isLines ? "binary" : isAscii(head) ? "7bit" : "8bit", content: all, close };
}

/** A file as it is. Its stream is not begun before it is read, and stays the caller's to close until then. */
export function writeBinary(content: LeafContent): WrittenPart {
  const all = content instanceof Uint8Array ? streamOf([content]) : content;
  return { encoding: "binary", content: all, close: () => Promise.resolve() };
}

async function* streamOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function openBytes(bytes: Uint8Array): Opened {
  return { head: bytes, isWhole: true, all: streamOf([bytes]), close: () => Promise.resolve() };
}

async function openStream(source: AsyncIterable<Uint8Array>): Promise<Opened> {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  while (!isWhole && length <= sniffBytes) {
    const next = await iterator.next();
    if (next.done === true) isWhole = true;
    else {
      chunks.push(next.value);
      length += next.value.length;
    }
  }
  const head = concatBytes(chunks);
  return {
    head,
    isWhole,
    all: startWith(head, iterator),
    async close() {
      await iterator.return?.();
    },
  };
}

function isUtf8(bytes: Uint8Array, isWhole: boolean): boolean {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for (let at = 0; at < bytes.length; at += sniffBytes) {
      decoder.decode(bytes.subarray(at, at + sniffBytes), { stream: true });
    }
    if (isWhole) decoder.decode();
    return true;
  } catch {
    return false;
  }
}

function isShortLines(bytes: Uint8Array): boolean {
  let lineStart = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0 || byte === 13) return false;
    if (byte === 10) lineStart = at + 1;
    else if (at - lineStart >= maxLineBytes) return false;
  }
  return true;
}

// RFC 2045 2.7 and 2.8
function isShortCrlfLines(bytes: Uint8Array): boolean {
  let lineStart = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0 || (byte === 13 && bytes[at + 1] !== 10)) return false;
    if (byte === 10 && bytes[at - 1] !== 13) return false;
    if (byte === 10) lineStart = at + 1;
    else if (at - lineStart > maxLineBytes || (at - lineStart === maxLineBytes && byte !== 13)) {
      return false;
    }
  }
  return true;
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 128);
}

function holdsDelimiter(bytes: Uint8Array, boundary: string): boolean {
  const delimiter = utf8(`--${boundary}`);
  for (let at = bytes.indexOf(45); at >= 0; at = bytes.indexOf(45, at + 1)) {
    if (at > 0 && bytes[at - 1] !== 10) continue;
    if (delimiter.every((byte, offset) => bytes[at + offset] === byte)) return true;
  }
  return false;
}
