/** How pages of help are laid out. Every text is ASCII, so that a character is a column. */
import { isPersonReading, terminalColumns } from "../terminal/terminal.ts";
import { foldToWidth } from "../terminal/width.ts";

/** Columns of a page, where the terminal has not fewer. */
export const pageColumns = 80;

/** Columns of what is read now: as many off a terminal as on any that has enough. */
export function screenColumns(): number {
  return isPersonReading() ? Math.min(pageColumns, terminalColumns()) : pageColumns;
}

/** A term and what it means; the meaning is one line of any length. */
export interface HelpRow {
  readonly usage: string;
  readonly brief: string;
}

const indent = "  ";
/** The narrowest column that a meaning is read in. */
const narrowest = 24;

/** As `foldToWidth`, each line ended. */
export function fill(text: string, first: string, rest: string, columns: number): string {
  return `${foldToWidth(text, columns, first, rest).join("\n")}\n`;
}

/** Lays out rows in two columns; where there is no room for those, the meaning stands under the term. */
export function rowsOf(rows: readonly HelpRow[], columns: number): string {
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  const first = (usage: string) => `${indent}${usage.padEnd(width)}${indent}`;
  const rest = first("");
  if (columns - rest.length >= narrowest) {
    return rows.map(({ usage, brief }) => fill(brief, first(usage), rest, columns)).join("");
  }
  const under = indent.repeat(3);
  return rows.map(({ usage, brief }) =>
    `${indent}${usage.trim()}\n${fill(brief, under, under, columns)}`
  ).join("");
}

/**
 * Breaks anew what was broken by hand for `pageColumns`: paragraphs, and indented blocks, which are tables of two columns
 * or else lists. With that many columns or more it stays as it is.
 */
export function refill(text: string, columns: number): string {
  if (columns >= pageColumns) return `${text}\n`;
  const blocks = text.split("\n\n").map((block) =>
    block.startsWith(indent)
      ? refillRows(block.replace(/\n {3,}/g, " ").split("\n"), columns)
      : fill(block.replaceAll("\n", " "), "", "", columns)
  );
  return blocks.join("\n");
}

function refillRows(lines: readonly string[], columns: number): string {
  const rows = lines.map((line) => /^ +(\S.*) {2}(\S.*)$/.exec(line) ?? []);
  if (rows.every(({ length }) => length > 0)) {
    return rowsOf(rows.map(([, usage = "", brief = ""]) => ({ usage, brief })), columns);
  }
  return lines.map((line) => fill(line.trim(), indent, indent.repeat(2), columns)).join("");
}
