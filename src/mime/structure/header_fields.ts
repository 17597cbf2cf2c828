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
 * the blank line behind them, if the header has one.
 */
export function selectFields(
  header: Uint8Array,
  names: readonly string[],
  which: "with" | "without" = "with",
): Uint8Array {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const text = byteString(header);
  const taken: Uint8Array[] = [];
  let [isTaken, from] = [which === "without", 0]; // what continues no field
  for (let [at, isBlank] = [0, false]; at < text.length && !isBlank;) {
    isBlank = text[at] === "\n" || text.startsWith("\r\n", at);
    const goesOn = isBlank || text[at] === " " || text[at] === "\t";
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed + 1;
    const isMeant = goesOn
      ? isTaken
      : wanted.has(nameOf(text.slice(at, end))) === (which === "with");
    if (isTaken && !isMeant) taken.push(header.subarray(from, at));
    if (!isTaken && isMeant) from = at;
    isTaken = isMeant;
    if (isBlank && !isTaken) taken.push(header.subarray(at, end));
    at = end;
    if (isTaken && (isBlank || at === text.length)) taken.push(header.subarray(from, at));
  }
  return concatBytes(taken);
}

function nameOf(line: string): string {
  const colon = line.indexOf(":");
  return line.slice(0, Math.max(0, colon)).trimEnd().toLowerCase(); // RFC 5322 4.5 allows blanks here
}
