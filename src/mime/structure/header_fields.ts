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
  const runs: [from: number, to: number][] = []; // a piece for each of a hundred thousand lines would take longer
  let isTaken = which === "without"; // what continues no field
  for (let [at, isBlank] = [0, false]; at < text.length && !isBlank;) {
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed + 1;
    const line = text.slice(at, end);
    isBlank = line === "\n" || line === "\r\n";
    const isField = !isBlank && line[0] !== " " && line[0] !== "\t";
    if (isField) isTaken = wanted.has(nameOf(line)) === (which === "with");
    const last = runs.at(-1);
    if (isTaken || isBlank) {
      if (last?.[1] === at) last[1] = end;
      else runs.push([at, end]);
    }
    at = end;
  }
  return concatBytes(runs.map(([from, to]) => header.subarray(from, to)));
}

function nameOf(line: string): string {
  const colon = line.indexOf(":");
  return line.slice(0, Math.max(0, colon)).trimEnd().toLowerCase(); // RFC 5322 4.5 allows blanks here
}
