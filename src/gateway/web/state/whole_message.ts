/** A message read whole and at once: what burns, and what is taken up again, has no parts to come back for. */
import { readWholly } from "../../../client/reading/whole_source.ts";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { boundBytes } from "../../../mime/block.ts";
import { fileNameOf } from "../../../mime/attachments.ts";
import { parseHtml } from "../../../mime/html.ts";
import { parseParts } from "../../../mime/parse.ts";
import { type ReaderLeaf, withRoles } from "../../../mime/role.ts";
import { decodeLeaf } from "../../../mime/text.ts";
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
    for await (const { part, role, content } of withRoles(parseParts(bounded))) {
      leaves.push({ part, role, bytes: await collect(content) });
    }
  });
  const isPlain = leaves.some((leaf) => isShown(leaf, true));
  const shown = leaves.filter((leaf) => isShown(leaf, isPlain));
  const files = leaves.filter((leaf) => !isShown(leaf, isPlain) || leaf.part.type === "text/html");
  const texts: string[] = [];
  for (const leaf of shown) texts.push(await textOf(leaf));
  return { texts, files: files.map(fileOf) };
}

interface ReadLeaf extends Pick<ReaderLeaf, "part" | "role"> {
  readonly bytes: Bytes;
}

/** HTML is shown where there is nothing else, and is a file in any case: its source is more than its text. */
function isShown({ part, role }: ReadLeaf, isPlain: boolean): boolean {
  return role === "body" && part.type.startsWith("text/") &&
    (part.type !== "text/html" || !isPlain);
}

async function textOf({ part, bytes }: ReadLeaf): Promise<string> {
  const text = decodeLeaf(part, bytes, false);
  return part.type === "text/html" ? await parseHtml(text) : text;
}

function fileOf({ part, role, bytes }: ReadLeaf, at: number): WholeFile {
  const isHtml = role === "body" && part.type === "text/html" && part.fileName === null;
  return { name: isHtml ? "body.html" : fileNameOf(part, at + 1), bytes };
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Bytes> {
  return concatBytes(await Array.fromAsync(content, (piece) => piece.slice()));
}

function tooLarge(most: number): MailError {
  return new MailError("too_large", `Cannot show a message of more than ${most} bytes at once`);
}
