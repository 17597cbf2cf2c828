/** HTML as plain text, for a terminal. Linear in its length; makes no claim to be a browser. */

const namedCharacters: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  bull: "\u2022",
  copy: "\u00a9",
  euro: "\u20ac",
  gt: ">",
  hellip: "\u2026",
  laquo: "\u00ab",
  ldquo: "\u201c",
  lsquo: "\u2018",
  lt: "<",
  mdash: "\u2014",
  nbsp: " ",
  ndash: "\u2013",
  quot: '"',
  raquo: "\u00bb",
  rdquo: "\u201d",
  reg: "\u00ae",
  rsquo: "\u2019",
  shy: "",
  zwnj: "",
};

// Each alternative runs to the end where its close is missing: no character is looked at twice.
const hidden = /<!--[^]*?(?:-->|$)|<(script|style|title)\b[^]*?(?:<\/\1\b[^>]*(?:>|$)|$)/gi;
const lineTags =
  /<(?:br|\/?(?:p|div|tr|li|ul|ol|table|blockquote|pre|h[1-6]|hr|section|article))\b[^>]*(?:>|$)/gi;
const tags = /<[a-z/!?][^>]*(?:>|$)/gi;

/** Reduces HTML to its text: blocks become lines, everything that is not shown goes. */
export function parseHtml(html: string): string {
  const text = html
    .replace(hidden, "")
    .replace(/\s+/g, " ")
    .replace(lineTags, "\n")
    .replace(tags, "")
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{1,8}));/gi, decodeReference);
  const lines = text.split("\n").map((line) => line.replaceAll(/ {2,}/g, " ").trim());
  return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim();
}

function decodeReference(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return namedCharacters[name] ?? whole;
  const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? "0", 16);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : "\ufffd";
}
