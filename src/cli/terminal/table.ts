/** Rows for people (a table that fits the terminal) and for programs (tab-separated values). */
import { write, writeLine } from "./output.ts";
import { bold } from "./terminal.ts";
import { joinVisible, visible, visibleLine, type VisibleText } from "../../model/visible_text.ts";
import { cutToWidth, padToWidth, widthOf } from "./width.ts";

/** A column; `flexible` ones share what room is left, in proportion to the number. */
export interface Column {
  readonly title: string;
  readonly alignRight?: boolean;
  readonly flexible?: number;
}

/** A row of values, not yet made visible. */
export interface Row {
  readonly cells: readonly string[];
  readonly isBold?: boolean;
}

const gap = 2;
const narrowest = 6;

/** Lays out a table of at most `width` columns. Lines end without blanks. */
export function layOut(
  columns: readonly Column[],
  rows: readonly Row[],
  width: number,
): VisibleText[] {
  const visible = rows.map(({ cells }) => cells.map(visibleLine));
  const natural = columns.map(({ title }, at) =>
    Math.max(widthOf(title), ...visible.map((cells) => widthOf(cells[at] ?? "")))
  );
  const widths = fit(columns, natural, width - gap * (columns.length - 1));
  return [columns.map(({ title }) => title), ...visible].map((cells) =>
    layOutLine(columns, cells, widths)
  );
}

/** Writes a table to a terminal. */
export async function writeTable(
  columns: readonly Column[],
  rows: readonly Row[],
  width: number,
): Promise<void> {
  const [header, ...lines] = layOut(columns, rows, width);
  await writeLine(header ?? visible``);
  for (const [at, line] of lines.entries()) await writeLine(rows[at]?.isBold ? bold(line) : line);
}

/** Writes tab-separated lines. */
export async function writeTabSeparated(rows: readonly Row[]): Promise<void> {
  await write(joinVisible(rows.map((row) => visible`${tabSeparated(row)}\n`)));
}

/** Puts the values of a row between tabs; a tab or line break within one is made visible. */
export function tabSeparated({ cells }: Row): VisibleText {
  return joinVisible(cells.map(visibleLine), "\t");
}

/** Gives flexible columns their natural width, or a share of the room that the others leave. */
function fit(columns: readonly Column[], natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  let excess = natural.reduce((sum, each) => sum + each, 0) - room;
  while (excess > 0) {
    const widest = mostOverShare(columns, widths);
    if (widest < 0) break;
    widths[widest]!--;
    excess--;
  }
  return widths;
}

function mostOverShare(columns: readonly Column[], widths: readonly number[]): number {
  let [found, most] = [-1, 0];
  for (const [at, { flexible }] of columns.entries()) {
    const width = widths[at] ?? 0;
    if (flexible === undefined || width <= narrowest || width / flexible <= most) continue;
    [found, most] = [at, width / flexible];
  }
  return found;
}

function layOutLine(
  columns: readonly Column[],
  cells: readonly string[],
  widths: number[],
): VisibleText {
  const padded = columns.map(({ alignRight }, at) => {
    const cell = cutToWidth(cells[at] ?? "", widths[at] ?? 0);
    const blanks = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell)));
    return alignRight ? blanks + cell : padToWidth(cell, widths[at] ?? 0);
  });
  return visibleLine(padded.join(" ".repeat(gap)).trimEnd());
}
