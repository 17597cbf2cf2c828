/** How pages of help are laid out. Every text is ASCII, so that a character is a column. */

/** Columns of a page, where the terminal has not fewer. */
export const pageColumns = 80;

/** A term and what it means; the meaning is one line of any length. */
export interface HelpRow {
  readonly usage: string;
  readonly brief: string;
}

const indent = "  ";
/** The narrowest column that a meaning is read in. */
const narrowest = 24;

/** Breaks a text into lines; `first` stands before the first of them, and `rest` before the others. */
export function fill(text: string, first = "", rest = first, columns = pageColumns): string {
  const lines = [first];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    const isEmpty = line === (lines.length === 1 ? first : rest);
    if (isEmpty) lines[lines.length - 1] = line + word;
    else if (line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(rest + word);
  }
  return `${lines.join("\n")}\n`;
}

/** Lays out rows in two columns; where there is no room for those, the meaning stands under the term. */
export function rowsOf(rows: readonly HelpRow[], columns = pageColumns): string {
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  const first = (usage: string) => `${indent}${usage.padEnd(width)}${indent}`;
  const rest = first("");
  if (columns - rest.length >= narrowest) {
    return rows.map(({ usage, brief }) => fill(brief, first(usage), rest, columns)).join("");
  }
  const under = indent.repeat(3);
  return rows.map(({ usage, brief }) => `${indent}${usage}\n${fill(brief, under, under, columns)}`)
    .join("");
}
