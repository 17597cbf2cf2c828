/** Single fields of a header, as they stand: HEADER.FIELDS and HEADER.FIELDS.NOT of RFC 9051 6.4.5.1. */
import { concatBytes } from "../../model/bytes.ts";
import { byteString } from "../byte_string.ts";

/** What ENVELOPE is made of (RFC 9051 7.5.2). */
export const envelopeFieldNames: readonly string[] = [
  "date",
  "subject",
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "in-reply-to",
  "message-id",
];

/**
 * Takes the fields of these names, or (`without`) all others, in their order, each with the lines that continue it, and
 * a blank line at the end. `header` may have its own blank line or not.
 */
export function selectFields(
  header: Uint8Array,
  names: readonly string[],
  which: "with" | "without" = "with",
): Uint8Array {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const pieces: Uint8Array[] = [];
  let isTaken = false;
  for (const line of linesOf(header)) {
    const text = byteString(line);
    if (/^\r?\n?$/.test(text)) break;
    if (!/^[ \t]/.test(text)) isTaken = wanted.has(nameOf(text)) === (which === "with");
    if (isTaken) pieces.push(line);
  }
  return concatBytes([...pieces, blankLine]);
}

const blankLine = Uint8Array.of(13, 10);

function nameOf(line: string): string {
  const colon = line.indexOf(":");
  return line.slice(0, Math.max(0, colon)).trimEnd().toLowerCase(); // RFC 5322 4.5 allows blanks here
}

function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const feed = bytes.indexOf(10, at);
    const end = feed < 0 ? bytes.length : feed + 1;
    yield bytes.subarray(at, end);
    at = end;
  }
}
