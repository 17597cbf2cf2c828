/** Where a section of FETCH stands in a message: RFC 9051 6.4.5.1. */
import { isMultipart } from "../header/content_type.ts";
import type { ByteRange, MimeStructure } from "../structure.ts";

export interface Section {
  /** Part numbers from 1, outermost first; empty: the message itself. */
  readonly path: readonly number[];
  /** `all`: what has no word, `BODY[]` or `BODY[1.2]`. */
  readonly text: "all" | "header" | "text" | "mime";
}

/** Finds a section of a message; null: there is no such part, or it has no such text. */
export function findSection(message: MimeStructure, { path, text }: Section): ByteRange | null {
  if (path.length === 0) return ofMessage(message, text);
  const part = findPart(message, path);
  if (part === null) return null;
  if (text === "all") return part.content;
  if (text === "mime") return part.header;
  return part.message === null ? null : ofMessage(part.message, text);
}

/** Finds the part of a number such as `1.2`; a message that is no multipart is its own part 1. */
export function findPart(message: MimeStructure, path: readonly number[]): MimeStructure | null {
  let within: MimeStructure | null = message; // whose parts the next number counts
  let found: MimeStructure | null = null;
  for (const number of path) {
    if (within === null) return null;
    found = isMultipart(within) ? within.parts[number - 1] ?? null : number === 1 ? within : null;
    if (found === null) return null;
    within = isMultipart(found) ? found : found.message;
  }
  return found;
}

function ofMessage(
  { header, content }: MimeStructure,
  text: Section["text"],
): ByteRange | null {
  if (text === "mime") return null; // RFC 9051 6.4.5.1: it needs a part number
  if (text === "all") return { from: header.from, to: content.to };
  return text === "header" ? header : content;
}
