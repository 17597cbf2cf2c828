/** A message read whole and at once: what burns, and what is taken up again, has no parts to come back for. */
import { readWholly } from "../../../client/reading/whole_source.ts";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { boundBytes } from "../../../mime/block.ts";
import { decodeText } from "../../../mime/charset/charset.ts";
import { parseHtml } from "../../../mime/html.ts";
import { type Leaf, parseParts } from "../../../mime/parse.ts";
import { isAttachment } from "../../../mime/part.ts";
import { type Bytes, concatBytes } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";

/** A part that is not shown in place, or not only. */
export interface WholeFile {
  readonly name: string;
  readonly bytes: Bytes;
}

export interface WholeMessage {
  /** In the message's order, with every character that was sent. */
  readonly texts: readonly string[];
  readonly files: readonly WholeFile[];
}

/** Reads all of a message into memory, and checks all of it. @throws {MailError} `too_large`, `bad_signature` */
export async function readAll(message: OpenedMessage, maxBytes: number): Promise<WholeMessage> {
  const leaves: ReadLeaf[] = [];
  await readWholly(message, async ({ source }) => {
    // A server could hand out more than it said.
    const bounded = boundBytes(source(), maxBytes, () => tooLarge(maxBytes));
    for await (const { part, content } of parseParts(bounded)) {
      leaves.push({ part, bytes: await collect(content) });
    }
  });
  const isPlain = leaves.some(({ part }) => !isAttachment(part) && part.type === "text/plain");
  const shown = leaves.filter(({ part }) => isShown(part, isPlain));
  const files = leaves.filter(({ part }) => !isShown(part, isPlain) || part.type === "text/html");
  return { texts: shown.map(textOf), files: files.map(fileOf) };
}

interface ReadLeaf {
  readonly part: Leaf["part"];
  readonly bytes: Bytes;
}

/** HTML is shown where there is nothing else, and is a file in any case: its source is more than its text. */
function isShown(part: Leaf["part"], isPlain: boolean): boolean {
  if (isAttachment(part)) return false;
  return part.type === "text/plain" || (part.type === "text/html" && !isPlain);
}

function textOf({ part, bytes }: ReadLeaf): string {
  const text = decodeText(bytes, part.charset).replaceAll("\r\n", "\n");
  return part.type === "text/html" ? parseHtml(text) : text;
}

function fileOf({ part, bytes }: ReadLeaf, at: number): WholeFile {
  const name = part.type === "text/html" ? "body.html" : `attachment-${at + 1}`;
  return { name: part.fileName ?? name, bytes };
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Bytes> {
  return concatBytes(await Array.fromAsync(content, (piece) => piece.slice()));
}

function tooLarge(most: number): MailError {
  return new MailError("too_large", `Cannot show a message of more than ${most} bytes at once`);
}
