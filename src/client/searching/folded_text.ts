/** Text as people compare it while they search: in any case, with or without accents, in any width. */

const ascii = /^[\x20-\x7e]*$/;
/** Accents, vowel points and other marks that people leave out. Marks that make another letter of it stay, as in が. */
const marks =
  /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;
const hidden = /\p{Default_Ignorable_Code_Point}/gu;

/** Letters that Unicode does not take apart, and that people write otherwise on another keyboard. */
const spellings: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ı: "i",
  ς: "σ",
};
const spelled = new RegExp(`[${Object.keys(spellings).join("")}]`, "g");

/** Scripts that put no blanks between words: there, a word may begin anywhere. */
const unspaced =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const wordCharacter = /[\p{L}\p{M}\p{N}]/u;

/** Folds text (Unicode NFKC, lower case, without accents). All blanks between two words become one. */
export function foldText(text: string): string {
  const folded = ascii.test(text) ? text.toLowerCase() : foldUnicode(text.toWellFormed());
  return folded.replace(/\s+/g, " ").trim();
}

function foldUnicode(text: string): string {
  return text.normalize("NFKD").toLowerCase().replace(hidden, "").replace(marks, "")
    .replace(spelled, (letter) => spellings[letter]!).normalize("NFKC");
}

/**
 * True where a word of the text begins with what is wanted; `isWhole`: and a word ends with it. Both are folded. What is
 * wanted may be several words, or no word at all, such as `@example.org`.
 */
export function hasWords(text: string, wanted: string, isWhole: boolean): boolean {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (isEdge(text, at) && (!isWhole || isEdge(text, at + wanted.length))) return true;
  }
  return false;
}

/** True where a word begins or ends between two characters, or may. */
function isEdge(text: string, at: number): boolean {
  if (at === 0 || at === text.length) return true;
  const [before, after] = [characterBefore(text, at), String.fromCodePoint(text.codePointAt(at)!)];
  return !wordCharacter.test(before) || !wordCharacter.test(after) ||
    unspaced.test(before) || unspaced.test(after);
}

function characterBefore(text: string, at: number): string {
  const isPair = /[\udc00-\udfff]/.test(text[at - 1]!);
  return text.slice(at - (isPair ? 2 : 1), at);
}
