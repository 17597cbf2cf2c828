/**
 * What a leaf of a message is to its reader: a body that is shown, a part that a body refers to, or a file. Lists,
 * `read`, the page and envelopes all go by this one rule.
 */
import { concatBytes } from "../model/bytes.ts";
import { limits } from "../model/limits.ts";
import { startWith } from "./block.ts";
import { byteString } from "./byte_string.ts";
import { parseHeader } from "./header/header.ts";
import type { Leaf } from "./parse.ts";
import type { PartHeader } from "./part.ts";

export type PartRole = "body" | "related" | "file";

/** A leaf, and what it is to a reader. */
export interface ReaderLeaf extends Leaf {
  readonly role: PartRole;
}

/**
 * Tells the role of every leaf as it goes by. A leaf is a file unless it is shown as a body, or HTML that stood before
 * it refers to it.
 * @throws {MailError} as `parseMessage` does
 */
export async function* withRoles(
  leaves: AsyncIterable<Leaf>,
): AsyncGenerator<ReaderLeaf, void, undefined> {
  const referredTo = new Set<string>();
  for await (const leaf of leaves) {
    const role = roleOf(leaf.part, referredTo);
    if (role !== "body" || leaf.part.type !== "text/html") {
      yield { ...leaf, role };
      continue;
    }
    const { start, content } = await readStart(leaf.content);
    for (const id of referencesOf(byteString(start))) {
      if (referredTo.size < limits.maxMimeParts) referredTo.add(id);
    }
    yield { part: leaf.part, content, role };
  }
}

function roleOf(part: PartHeader, referredTo: ReadonlySet<string>): PartRole {
  if (isMarkedAttachment(part)) return "file";
  if (isReportShown(part)) return "related";
  if (isShown(part)) return "body";
  const id = contentIdOf(part);
  return id !== null && referredTo.has(id) ? "related" : "file";
}

// RFC 2183 2.8
function isMarkedAttachment({ disposition }: PartHeader): boolean {
  return disposition !== null && disposition !== "inline";
}

/** What a report says to programs: its maker put it in place because the text says the same (as `report.ts` does). */
function isReportShown({ type, disposition }: PartHeader): boolean {
  return /^message\/(?:global-)?delivery-status$/.test(type) && disposition === "inline";
}

/** Text that is data for a program. Any other kind is shown as plain text is (RFC 2046 4.1.4). */
const dataTypes: ReadonlySet<string> = new Set([
  "text/calendar",
  "text/csv",
  "text/directory",
  "text/javascript",
  "text/rtf",
  "text/tab-separated-values",
  "text/vcard",
  "text/x-vcalendar",
  "text/x-vcard",
  "text/xml",
]);

/** A name makes a file of text, but where it is all of the message. */
function isShown(part: PartHeader): boolean {
  const { type, fileName, isWhole } = part;
  if (isPlainBytes(part)) return true;
  return type.startsWith("text/") && !dataTypes.has(type) && (fileName === null || isWhole);
}

/** Tells of a file whether its text is shown where the message has no other. */
export function mayBeShown({ type, disposition }: PartHeader): boolean {
  return type.startsWith("text/") && type !== "text/html" && !dataTypes.has(type) &&
    disposition !== "attachment";
}

/** How `send` writes a body that is no text. */
function isPlainBytes({ index, type, fileName, disposition }: PartHeader): boolean {
  return index === 1 && type === "application/octet-stream" && fileName === null &&
    disposition === "inline";
}

/** The id of a part, without its brackets (RFC 2392), which some programs leave out. */
export function contentIdOf({ headers }: PartHeader): string | null {
  const field = parseHeader(headers).getStructured("content-id");
  return /^\s*<?([^<>\s]{1,500})>?\s*$/.exec(field ?? "")?.[1] ?? null;
}

/** The ids that HTML may mean, as many as a message has parts: some that it does not mean are no harm. */
export function referencesOf(html: string): Set<string> {
  const ids = new Set<string>();
  for (const [, id] of html.matchAll(/\bcid:([^\s"'<>()]{1,500})/gi)) {
    ids.add(decodeContentId(id!.replaceAll("&amp;", "&")));
    if (ids.size === limits.maxMimeParts) break;
  }
  return ids;
}

/** The id that an address of a part means, without its `cid:`. */
export function decodeContentId(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}

/** Reads as much as may refer to parts; `content` is all of it, once. */
async function readStart(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly start: Uint8Array; readonly content: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < limits.maxHtmlBytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    pieces.push(next.value.slice());
    bytes += next.value.length;
  }
  const start = concatBytes(pieces);
  return { start, content: startWith(start, iterator) };
}
