/** Text as an answer quotes it. */

/** Marks every line, also one that only a lone CR begins: it would be shown as if the answer said it. */
export function quoteLines(text: string): string {
  const lines = text.replace(/(?:\r\n|\r|\n)$/, "").split(/\r\n|\r|\n/);
  if (lines.length === 1 && lines[0] === "") return "";
  // RFC 3676 4.5: one mark a level, a blank after the last
  return lines.map((line) => `>${/^>|^$/.test(line) ? "" : " "}${line}\n`).join("");
}
