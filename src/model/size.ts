/** Sizes in bytes, as people write them. */
import { MailError } from "./errors.ts";

const factors: Record<string, number> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Formats a number of bytes with at most four digits. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB"];
  const power = bytes < 1024 ** 2 ? 1 : bytes < 1024 ** 3 ? 2 : 3;
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** Makes a parser of `26214400`, `64K`, `25M`, `1G` within bounds. */
export function sizeWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    const [, digits, unit] = /^(\d{1,12})([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
    const bytes = Number(digits) * (factors[(unit ?? "").toLowerCase()] ?? NaN);
    if (bytes >= least && bytes <= most) return bytes;
    throw new MailError(
      "usage",
      `Cannot use "${text}" as a size: it is ${formatSize(least)} to ${formatSize(most)}`,
    );
  };
}
