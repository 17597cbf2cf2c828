/** How many columns text takes on a terminal. Expects text that `visible_text.ts` made safe. */

// Wide and fullwidth characters (UAX #11) by block; those shown as emoji are found by property.
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

// What is drawn over or joined to the character before it; the jamo are vowels and finals of a syllable.
const joined = String.raw`[\p{M}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]`;

const emoji = String.raw`\p{Emoji}(?:\p{EMod}|\ufe0f\u20e3?)?`;

/** One thing a reader sees: a flag, an emoji however it is put together, or a character with its marks. */
const clusters = () =>
  new RegExp(
    String
      .raw`\p{RI}\p{RI}|${emoji}(?:\u200d${emoji})+|\p{Emoji}(?:\p{EMod}|\ufe0f\u20e3?)|[^]${joined}*`,
    "gu",
  );

const ascii = /^[\x20-\x7e]*$/;

/** Measures text in terminal columns. */
export function widthOf(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const [seen] of text.matchAll(clusters())) width += clusterWidth(seen);
  return width;
}

/** Cuts text to at most `columns` columns; what was cut off shows as an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return "";
  let [kept, width] = ["", 1];
  for (const [seen] of text.matchAll(clusters())) {
    width += clusterWidth(seen);
    if (width > columns) break;
    kept += seen;
  }
  return `${kept}…`;
}

/**
 * Breaks text between words into lines of at most `columns` columns; a longer word has a line of its own. `first` stands
 * before the first line, and `rest` before the others.
 */
export function foldToWidth(text: string, columns: number, first = "", rest = first): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push((lines.length === 0 ? first : rest) + word);
  }
  return lines;
}

/** Fills text up with blanks to `columns` columns. */
export function padToWidth(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

function clusterWidth(seen: string): number {
  const first = String.fromCodePoint(seen.codePointAt(0)!);
  if (/^\p{RI}\p{RI}|^\p{Emoji}(?:\p{EMod}|\ufe0f|\u200d)/u.test(seen)) return 2;
  if (/[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]/u.test(first)) return 0;
  return wide.test(first) ? 2 : 1;
}
