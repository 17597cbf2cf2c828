/** Pages in the language of man(7). Whatever is given as text comes out as that text and is never a request. */

/** Writes text so that roff prints it character by character. */
export function roffText(text: string): string {
  return text.replace(
    /[^\n\x20-\x7e]|[\\"'`^~-]/gu,
    (character) => named.get(character) ?? unicode(character),
  )
    .replace(/^\./gm, "\\&.");
}

/** Starts a section. */
export function section(title: string): string {
  return `.SH ${roffText(title)}\n`;
}

export function subsection(title: string): string {
  return `.SS "${roffText(title)}"\n`;
}

/** Lines that are filled to the width of the page. */
export function paragraph(text: string): string {
  return `.PP\n${roffText(text)}\n`;
}

/** A term in bold, and what it means, indented under it. */
export function item(term: string, meaning: string): string {
  return `.TP\n.B "${roffText(term)}"\n${roffText(meaning)}\n`;
}

/** Lines that are shown as they are. */
export function example(lines: readonly string[]): string {
  return `.PP\n.EX\n${lines.map((line) => `${roffText(line)}\n`).join("")}.EE\n`;
}

const named: ReadonlyMap<string, string> = new Map([
  ["\\", "\\(rs"],
  ["-", "\\-"],
  ['"', "\\(dq"],
  ["'", "\\(aq"],
  ["`", "\\(ga"],
  ["^", "\\(ha"],
  ["~", "\\(ti"],
]);

function unicode(character: string): string {
  return `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`;
}
