/** What a section of a message is, as FETCH writes it: RFC 9051 6.4.5.1, 7.5.2; BINARY: RFC 3516. */
import { byteString } from "../../../mime/byte_string.ts";
import { decoderFor } from "../../../mime/transfer/decode.ts";
import type { ByteRange, MimeStructure } from "../../../mime/structure.ts";
import { selectFields } from "../../../mime/structure/header_fields.ts";
import { findPart, findSection } from "../../../mime/structure/section.ts";
import { concatBytes } from "../../../model/bytes.ts";
import { limits } from "../../../model/limits.ts";
import { No } from "../refusal.ts";
import { literalHead } from "../writer.ts";
import type { FetchedParts, FetchNeed } from "./fetch_values.ts";
import type { MessageContent } from "./message_content.ts";
import type { PartialRange, SectionItem } from "./section_item.ts";

/** The bytes of a literal, which are not all at hand. */
export interface Literal {
  readonly bytes: number;
  /** What stands before it. */
  readonly head: string;
  read(): AsyncGenerator<Uint8Array, void>;
}

/** What an item is: written already, or to be. */
export type WrittenItem = string | Literal;

/** In the place of a NUL. */
const standIn = "\x80";
const identities = ["7bit", "8bit", "binary"];
const encodings = ["base64", "quoted-printable"];

/** What a section asks of its message, besides its content. */
export function needsOfSection({ section: { path, text } }: SectionItem): FetchNeed[] {
  return path.length === 0 && text === "all" ? ["facts"] : ["outline"];
}

/** What an item needs of the content; null: nothing, since there is no such section, or it is at hand. */
export function contentOf(item: SectionItem, parts: FetchedParts): ByteRange | null {
  const range = isOwnHeader(item) ? null : rangeOf(item, parts);
  const isCut = item.form === "raw" && item.fields === null;
  return range !== null && isCut ? cutRange(range, item.partial) : range;
}

function rangeOf({ section }: SectionItem, { facts, outline }: FetchedParts): ByteRange | null {
  const isWhole = section.path.length === 0 && section.text === "all";
  return isWhole ? { from: 0, to: facts!.bytes } : findSection(outline!.structure, section);
}

/** Writes a section. @throws {No} `UNKNOWN-CTE` @throws {MailError} as `MailFolders.content` does */
export async function writeSection(
  item: SectionItem,
  parts: FetchedParts,
  content: MessageContent,
): Promise<WrittenItem> {
  if (isOwnHeader(item)) return writeHeader(item, parts.outline!.header);
  const range = rangeOf(item, parts);
  if (range === null) return item.form === "decodedSize" ? "0" : "NIL";
  if (item.fields !== null) return writeHeader(item, await readHeader(content, range));
  if (item.form === "raw") {
    const cut = cutRange(range, item.partial);
    return literal(cut.to - cut.from, () => withoutNuls(content.read(cut)));
  }
  return await writeDecoded(item, encodingOf(item, parts.outline), () => content.read(range));
}

function isOwnHeader({ section: { path, text } }: SectionItem): boolean {
  return path.length === 0 && text === "header";
}

/** A header inside a message may be as long as the message is: one that is too long for us is cut. */
async function readHeader(content: MessageContent, { from, to }: ByteRange): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const end = Math.min(to, from + limits.maxHeaderBytes);
  for await (const piece of content.read({ from, to: end })) pieces.push(piece);
  return concatBytes(pieces);
}

function writeHeader({ fields, partial }: SectionItem, header: Uint8Array): string {
  const bytes = fields === null ? header : selectFields(header, fields.names, fields.which);
  const { from, to } = cutRange({ from: 0, to: bytes.length }, partial);
  return literalHead(to - from) + byteString(bytes.subarray(from, to)).replaceAll("\0", standIn);
}

/** RFC 9051 4.3: only literal8 may have a NUL. What stands for one is as long, so that sizes stay. */
async function* withoutNuls(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of source) {
    yield piece.includes(0) ? piece.map((byte) => byte || standIn.charCodeAt(0)) : piece;
  }
}

/** A part that holds others has no encoding: RFC 2045 6.4. */
function encodingOf({ section: { path } }: SectionItem, outline: FetchedParts["outline"]): string {
  const part = path.length === 0 ? null : findPart(outline!.structure, path);
  return part === null || holdsOthers(part) ? "binary" : part.encoding.toLowerCase();
}

function holdsOthers({ type, message }: MimeStructure): boolean {
  return message !== null || type.toLowerCase() === "multipart";
}

/** How long it is comes first, so what is to be decoded is decoded twice, and never held. */
async function writeDecoded(
  { form, partial }: SectionItem,
  encoding: string,
  read: () => AsyncGenerator<Uint8Array, void>,
): Promise<WrittenItem> {
  if (![...identities, ...encodings].includes(encoding)) {
    throw new No("A part has a transfer encoding that is unknown", "UNKNOWN-CTE");
  }
  const decoded = () => cutStream(decode(read(), encoding), partial);
  let [bytes, hasNul] = [0, false];
  for await (const piece of decoded()) {
    bytes += piece.length;
    hasNul ||= piece.includes(0);
  }
  if (form === "decodedSize") return String(bytes);
  return literal(bytes, decoded, hasNul);
}

async function* decode(
  source: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array, void> {
  const decoder = decoderFor(encoding, false);
  for await (const piece of source) yield decoder.decode(piece);
  yield decoder.end();
}

async function* cutStream(
  source: AsyncIterable<Uint8Array>,
  partial: PartialRange | null,
): AsyncGenerator<Uint8Array, void> {
  const { from, to } = cutRange({ from: 0, to: Infinity }, partial);
  let at = 0;
  for await (const piece of source) {
    yield piece.subarray(Math.max(0, from - at), Math.max(0, to - at));
    at += piece.length;
    if (at >= to) return;
  }
}

/** What begins beyond the end is empty. */
function cutRange({ from, to }: ByteRange, partial: PartialRange | null): ByteRange {
  if (partial === null) return { from, to };
  const start = Math.min(to, from + partial.from);
  return { from: start, to: Math.min(to, start + partial.count) };
}

/** A literal with a NUL is one of RFC 3516, where it may be. */
function literal(bytes: number, read: Literal["read"], isBinary = false): WrittenItem {
  const head = `${isBinary ? "~" : ""}${literalHead(bytes)}`;
  return bytes === 0 ? head : { bytes, head, read };
}
