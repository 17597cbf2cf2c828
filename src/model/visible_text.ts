/**
 * Makes hostile text harmless for a person: what would steer the terminal, reorder the line or hide in it
 * is written out. Never used for JSON or for raw content.
 */

declare const brand: unique symbol;

/** Text that is harmless on a terminal. Only this file makes it, and nothing else is written to a terminal. */
export type VisibleText = string & { readonly [brand]: true };

const plain = /^[\t\n\x20-\x7e]*$/;

/** Shows a text of many lines: CRLF is one line break, tabs and line breaks stay. */
export function visibleText(text: string): VisibleText {
  if (plain.test(text)) return text as VisibleText;
  return replaceHidden(text.replaceAll("\r\n", "\n"), "\t\n");
}

/** Shows a value on one line: tabs and line breaks are written out too. */
export function visibleLine(text: string): VisibleText {
  return plain.test(text) && !/[\t\n]/.test(text) ? text as VisibleText : replaceHidden(text, "");
}

/** Our own words, which may steer the terminal, around values that may not: visible`${name}\t${value}\n`. */
export function visible(
  words: TemplateStringsArray,
  ...values: readonly (VisibleText | number)[]
): VisibleText {
  return String.raw({ raw: words }, ...values) as VisibleText;
}

/** Puts visible texts together. */
export function joinVisible(
  texts: readonly VisibleText[],
  separator: "" | "\t" | "\n" = "",
): VisibleText {
  return texts.join(separator) as VisibleText;
}

/** Makes JSON harmless: hidden characters are escaped, which changes no value. */
export function visibleJson(json: string): VisibleText {
  return json.replace(
    /[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  ) as VisibleText;
}

// Expressions of Unicode properties stand where they are used: each costs 0.1 ms to make, and most commands need none.

function replaceHidden(text: string, kept: string): VisibleText {
  const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
  const written = text.replace(hidden, (character, at: number) => {
    if (kept.includes(character)) return character;
    return belongsHere(text, character, at) ? character : writtenOut(character);
  });
  return cutPiles(written) as VisibleText;
}

/** More marks than 30 on a letter are in no language (UAX #15 13): they cover other lines, and take a browser minutes. */
function cutPiles(text: string): string {
  return text.replace(/([\p{M}\p{EMod}]{30})[\p{M}\p{EMod}]+/gu, "$1…");
}

/** Some hidden characters are part of how a word or an emoji is written, and only there. */
function belongsHere(text: string, character: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 4), at);
  const after = text.slice(at + 1, at + 3);
  if (character === "\ufe0f") return /[\p{Emoji}]$/u.test(before);
  if (character === "\u200d" && isAfterEmoji(before)) {
    return /^\p{Extended_Pictographic}/u.test(after);
  }
  return /[\u200c\u200d]/.test(character) && takesJoiner(before) && /^\p{L}/u.test(after);
}

function isAfterEmoji(before: string): boolean {
  return /\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?$/u.test(before);
}

function takesJoiner(before: string): boolean {
  return /[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Malayalam}\p{Script=Sinhala}]$/u
    .test(before);
}

function writtenOut(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `\\u{${code.toString(16)}}`;
}
