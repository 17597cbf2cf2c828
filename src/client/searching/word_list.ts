/**
 * Which of some texts have a word, as sorted lists in text: a line a word, and behind a tab one character for each text
 * that has it. Lists are by the first character of the words, so that a search opens one of many.
 */
import { splitWords, type Words } from "./folded_text.ts";

export const wordLists = 32;
/** A list can tell so many texts apart. */
export const mostTexts = 128;

const firstMark = 0x30;
/** Longer words are in the list by what they begin with. */
const maxWordCharacters = 32;

/** Lists the words of folded texts, at most `mostTexts` of them. */
export function listWords(texts: readonly string[]): string[] {
  const found = Array.from({ length: wordLists }, () => new Map<string, string>());
  texts.forEach((text, index) => {
    for (const word of new Set(splitWords(text).map(cut))) {
      const list = found[listOf(word)]!;
      list.set(word, (list.get(word) ?? "") + String.fromCharCode(firstMark + index));
    }
  });
  return found.map((list) =>
    [...list].map(([word, marks]) => `\n${word}\t${marks}`).join("") + "\n"
  );
}

/** The lists that tell of words; none where they have no letters. */
export function listsFor({ text }: Words): number[] {
  return [...new Set(splitWords(text).map(listOf))];
}

/** Which texts surely have words, and which may: those that have all that the words are made of. */
export interface FoundWords {
  readonly sure: ReadonlySet<number>;
  readonly possible: ReadonlySet<number>;
}

/** Looks words up in the lists of `listsFor`; null: the lists cannot tell. */
export function findWords(
  lists: ReadonlyMap<number, string>,
  { text, isWhole }: Words,
): FoundWords | null {
  const parts = [...new Set(splitWords(text).map(cut))];
  if (parts.length === 0) return null;
  const found = parts.map((part) => findWord(lists.get(listOf(part))!, part));
  const isWord = parts[0] === text && text.length < maxWordCharacters;
  const [{ whole, begun }] = found as [FoundWord];
  return {
    sure: !isWord ? new Set() : isWhole ? whole : begun,
    possible: found.map((each) => each.begun).reduce((one, other) => one.intersection(other)),
  };
}

interface FoundWord {
  readonly whole: Set<number>;
  /** Texts with a word that begins like it, itself among them. */
  readonly begun: Set<number>;
}

function findWord(list: string, word: string): FoundWord {
  const found = { whole: new Set<number>(), begun: new Set<number>() };
  for (let at = list.indexOf(`\n${word}`); at >= 0; at = list.indexOf(`\n${word}`, at + 1)) {
    const marks = list.indexOf("\t", at) + 1;
    const isWhole = marks === at + word.length + 2;
    for (let index = marks; list[index] !== "\n"; index++) {
      const text = list.charCodeAt(index) - firstMark;
      found.begun.add(text);
      if (isWhole) found.whole.add(text);
    }
  }
  return found;
}

function cut(word: string): string {
  return word.slice(0, maxWordCharacters).toWellFormed();
}

function listOf(word: string): number {
  return word.codePointAt(0)! % wordLists;
}
