/** Sizes in bytes: as people write them, and as base64 makes them. */
import { MailError } from "./errors.ts";
import { limits } from "./limits.ts";

const factors: Record<string, number> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A line of base64 has 76 characters and its CRLF for 57 bytes, RFC 2045 6.8. */
const inflation = 78 / 57;

/** Tells how long a MIME source may be where its content may have so many bytes: all of that may be in base64. */
export function mimeBytes(contentBytes: number): number {
  const content = contentBytes + limits.uncountedContentBytes;
  return Math.ceil(content * inflation) + limits.maxHeaderBytes;
}

/** Tells what a MIME source of so many bytes counts as content: no more than what it has if all is base64. */
export function contentBytesOf(sourceBytes: number): number {
  return Math.floor(sourceBytes / inflation);
}

/** Formats a number of bytes with at most four digits. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const above = units.findIndex((_, at) => bytes < 1024 ** (at + 2));
  const power = above < 0 ? units.length : above + 1;
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** Makes a parser of `26214400`, `64K`, `25M`, `1G` within bounds. */
export function sizeWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    const [, digits, unit] = /^(\d{1,12})([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
    const bytes = Number(digits) * (factors[(unit ?? "").toLowerCase()] ?? NaN);
    if (bytes >= least && bytes <= most) return bytes;
    const reason = Number.isNaN(bytes)
      ? "it is not a number of bytes, such as 65536, 64K, 25M or 1G"
      : `it is not ${formatSize(least)} to ${formatSize(most)}`;
    throw new MailError("usage", `Cannot use "${text}" as a size: ${reason}`);
  };
}
