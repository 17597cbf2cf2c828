/** Pages of docs/ as `mailctl help` and the man page show them: as much of Markdown as those pages use. */
import { fill, rowsOf } from "./layout.ts";

export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "table"; readonly rows: readonly (readonly [term: string, meaning: string])[] }
  | { readonly kind: "code"; readonly lines: readonly string[] };

const indent = "  ";

/** Reads a page. Comments are dropped, and of a link only its text stays. A table has two columns. */
export function parseMarkdown(page: string): Block[] {
  const chunks = page.replace(/<!--[\s\S]*?-->/g, "").matchAll(/^```[\s\S]*?^```$|(?:^.+\n?)+/gm);
  return [...chunks].map(([chunk]) => parseBlock(chunk.trimEnd()));
}

function parseBlock(chunk: string): Block {
  if (chunk.startsWith("```")) return { kind: "code", lines: chunk.split("\n").slice(1, -1) };
  if (chunk.startsWith("|")) {
    return { kind: "table", rows: chunk.split("\n").slice(2).map(parseRow) };
  }
  if (chunk.startsWith("- ")) {
    return { kind: "list", items: chunk.slice(2).split(/\n- /).map(plainText) };
  }
  const [, marks, title] = /^(#+) (.*)$/.exec(chunk) ?? [];
  if (marks !== undefined) return { kind: "heading", level: marks.length, text: plainText(title!) };
  return { kind: "paragraph", text: plainText(chunk) };
}

function parseRow(line: string): readonly [string, string] {
  const [term = "", meaning = ""] = line.split(/(?<!\\)\|/).slice(1, -1)
    .map((cell) => plainText(cell.trim()));
  return [term.replace(/^`(.*)`$/, "$1"), meaning];
}

function plainText(text: string): string {
  return text.replace(/\s+/g, " ")
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replaceAll("**", "")
    .replace(/\\(\W)/g, "$1");
}

/** Writes a page for a terminal, in at most so many columns where its words and code allow that. */
export function plainPage(page: string, columns: number): string {
  return parseMarkdown(page).map((block) => plainBlock(block, columns)).join("\n");
}

function plainBlock(block: Block, columns: number): string {
  switch (block.kind) {
    case "heading":
      return fill(block.level === 1 ? block.text.toUpperCase() : block.text, "", "", columns);
    case "paragraph":
      return fill(block.text, indent, indent, columns);
    case "list":
      return block.items.map((item) => fill(item, `${indent}- `, `${indent}  `, columns)).join("");
    case "code":
      return block.lines.map((line) => `${line && indent + indent + line}\n`).join("");
    case "table":
      return rowsOf(block.rows.map(([usage, brief]) => ({ usage, brief })), columns);
  }
}
