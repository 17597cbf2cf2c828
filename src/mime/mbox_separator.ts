/** The lines that separate the messages of an mbox file (RFC 4155), as programs write them. */
import { byteString } from "./byte_string.ts";

export interface Separator {
  readonly kind: "separator";
  readonly date: number | null;
}

/** A longer line is no separator. */
export const maxSeparatorBytes = 1_000;

const months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
const separatorPattern = new RegExp(
  `^From .*?\\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:(${months}) +(\\d{1,2})(?: +\\d{4})?|(\\d{1,2}) +(${months}) +\\d{4}) +` +
    `(\\d{1,2}:\\d{2}(?::\\d{2})?)(.*)$`,
);

/** Reads a line. Null: it only begins like one. Its time is asctime's, with a zone or none (UTC), as programs write it. */
export function readSeparator(line: Uint8Array): Separator | null {
  if (line.length > maxSeparatorBytes) return null;
  const text = byteString(line);
  if (isTimeless(line)) return { kind: "separator", date: null };
  const found = separatorPattern.exec(text);
  if (found === null) return null;
  const [, month = found[4], day = found[3], , , time, rest = ""] = found;
  const year = /(?<![+-])\b(\d{4})\b/.exec(rest)?.[1] ?? / (\d{4}) /.exec(text)?.[1];
  const zone = /[+-]\d{4}/.exec(rest)?.[0] ?? "+0000";
  const date = Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
  return { kind: "separator", date: Number.isNaN(date) || date < 0 ? null : date };
}

/** Nothing, a hyphen or an address stands in it. */
export function isTimeless(line: Uint8Array): boolean {
  return isAddress(line) || /^From -? *$/.test(byteString(line.subarray(0, maxSeparatorBytes)));
}

export function isAddress(line: Uint8Array): boolean {
  return /^From [^\s@]+@[^\s@]+ *$/.test(byteString(line.subarray(0, maxSeparatorBytes)));
}
