/** The body of a message: as text for a person, or as its exact bytes. */

import { concatBytes } from "../model/bytes.ts";
import { decodeText, decodeTextStart } from "./charset/charset.ts";
import { parseHtml } from "./html.ts";
import { type Leaf, parseParts } from "./parse.ts";
import { isAttachment } from "./part.ts";

/** What a person reads. It still holds every character that was sent, control characters too. */
export interface BodyText {
  readonly text: string;
  /** True where the body went on after `maxBytes`. */
  readonly truncated: boolean;
}

const defaultMaxBytes = 1024 * 1024;

/**
 * Reads the body for a person: the first text/plain leaf, else the first text/html leaf reduced to
 * text, attachments left out; at most `maxBytes` (1 MiB). `null` means that there is neither.
 * @throws {MailError} as `parseMessage` does.
 */
export async function readText(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number = defaultMaxBytes,
): Promise<BodyText | null> {
  let html: BodyText | null = null;
  for await (const leaf of parseParts(source)) {
    if (isAttachment(leaf.part)) continue;
    if (leaf.part.type === "text/plain") return await readLeafText(leaf, maxBytes);
    if (leaf.part.type === "text/html") html ??= await readLeafText(leaf, maxBytes);
  }
  return html === null ? null : { ...html, text: parseHtml(html.text) };
}

/** A body in the forms that it has; `html` is its source, as hostile as it came. */
export interface BodyForms {
  readonly plain: BodyText | null;
  readonly html: BodyText | null;
}

/**
 * Reads the first text/plain leaf and the first text/html leaf, at most `maxBytes` (1 MiB) of each. What stands behind
 * an attachment is no other form of what came before it: the rest of the source is then not read.
 * @throws {MailError} as `parseMessage` does.
 */
export async function readForms(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number = defaultMaxBytes,
): Promise<BodyForms> {
  let plain: BodyText | null = null;
  let html: BodyText | null = null;
  for await (const leaf of parseParts(source)) {
    if (isAttachment(leaf.part)) {
      if (plain !== null || html !== null) break;
    } else if (leaf.part.type === "text/plain") plain ??= await readLeafText(leaf, maxBytes);
    else if (leaf.part.type === "text/html") html ??= await readLeafText(leaf, maxBytes);
  }
  return { plain, html };
}

/**
 * Reads the exact bytes of the first leaf that is no attachment; none if there is no such leaf.
 * @throws {MailError} as `parseMessage` does.
 */
export async function* readBody(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const leaf of parseParts(source)) {
    if (isAttachment(leaf.part)) continue;
    yield* leaf.content;
    return;
  }
}

/** Reads a leaf of text, at most `maxBytes` of it. */
export async function readLeafText({ part, content }: Leaf, maxBytes: number): Promise<BodyText> {
  const { bytes, truncated } = await readStart(content, maxBytes);
  const decode = truncated ? decodeTextStart : decodeText;
  return { text: decode(bytes, part.charset).replaceAll("\r\n", "\n"), truncated };
}

async function readStart(
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  const pieces: Uint8Array[] = [];
  let room = maxBytes;
  for await (const piece of content) {
    pieces.push(piece.slice(0, room));
    if (piece.length > room) return { bytes: concatBytes(pieces), truncated: true };
    room -= piece.length;
  }
  return { bytes: concatBytes(pieces), truncated: false };
}
