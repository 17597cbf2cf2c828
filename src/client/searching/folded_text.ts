/** Text as people compare it while they search: in any case, with or without accents, in any width. */
import { boundMarks } from "../../mime/charset/bounded_marks.ts";

const ascii = /^[\x20-\x7e]*$/;
/** Accents, vowel points and other marks that people leave out. Marks that make another letter of it stay, as in が. */
const marks =
  /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;

/** Characters that Unicode does not take apart, and that people write otherwise on another keyboard. */
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
  "’": "'",
};
const spelled = new RegExp(`[${Object.keys(spellings).join("")}]`, "g");

/** Letters, marks and digits. */
const wordCharacter = String.raw`[\p{L}\p{M}\p{N}]`;
/** Of scripts that put no blanks between words: there, a word may begin anywhere. */
const unspaced = String
  .raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]`;

type WordExpressions = Readonly<Record<"word" | "part" | "unspaced", RegExp>>;

/** What takes words apart in any script. Made once it is needed: that takes 4 ms, which most searches spare. */
let anyScript: WordExpressions | null = null;

function inAnyScript(): WordExpressions {
  return anyScript ??= makeExpressions();
}

function makeExpressions(): WordExpressions {
  const [letter, run] = [`[${wordCharacter}&&${unspaced}]`, `[${wordCharacter}--${unspaced}]+`];
  return {
    word: new RegExp(`(${letter})(?=(${letter})?)|${run}`, "gv"),
    part: new RegExp(wordCharacter, "u"),
    unspaced: new RegExp(unspaced, "u"),
  };
}

/** Folds text (Unicode NFKC, lower case, without accents). All blanks between two words become one. */
export function foldText(text: string): string {
  const folded = ascii.test(text) ? text.toLowerCase() : foldUnicode(text.toWellFormed());
  return folded.replace(/\s+/g, " ").trim();
}

function foldUnicode(text: string): string {
  return boundMarks(text).normalize("NFKD").toLowerCase().replace(
    /\p{Default_Ignorable_Code_Point}/gu,
    "",
  )
    .replace(marks, "")
    .replace(spelled, (letter) => spellings[letter]!).normalize("NFKC");
}

/** Folded words that are looked for together. `isWhole`: they end where a word does, and do not only begin there. */
export interface Words {
  readonly text: string;
  readonly isWhole: boolean;
}

/**
 * True where the words stand in a folded text, from the beginning of a word on. They may be several, or none, such as
 * `@example.org`.
 */
export function hasWords(text: string, { text: wanted, isWhole }: Words): boolean {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (isEdge(text, at) && (!isWhole || isEdge(text, at + wanted.length))) return true;
  }
  return false;
}

/**
 * Takes a folded text apart into the words that `hasWords` goes by. Where they have no blanks between them, it is each
 * character with the next one.
 */
export function splitWords(text: string): string[] {
  if (!/[^\0-\x7f]/.test(text)) return text.match(/[a-z0-9]+/gi) ?? [];
  return Array.from(
    text.matchAll(inAnyScript().word),
    ([plain, first, second = ""]) => first === undefined ? plain : first + second,
  );
}

/** True where a word begins or ends between two characters, or may. */
function isEdge(text: string, at: number): boolean {
  if (at === 0 || at === text.length) return true;
  const [before, after] = [characterBefore(text, at), String.fromCodePoint(text.codePointAt(at)!)];
  return !isPart(before) || !isPart(after) || isUnspaced(before) || isUnspaced(after);
}

function isPart(character: string): boolean {
  return character < "\x80" ? /[a-z0-9]/i.test(character) : inAnyScript().part.test(character);
}

function isUnspaced(character: string): boolean {
  return character >= "\x80" && inAnyScript().unspaced.test(character);
}

function characterBefore(text: string, at: number): string {
  const isPair = /[\udc00-\udfff]/.test(text[at - 1]!);
  return text.slice(at - (isPair ? 2 : 1), at);
}
