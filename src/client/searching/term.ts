/**
 * Terms of a query, in the logic of three values: what is not known of a message may turn out either way, and so may a
 * term that asks for it.
 */
import { MailError } from "../../model/errors.ts";
import type { Box } from "../../model/message.ts";
import { foldText, hasWords, type Words } from "./folded_text.ts";
import type { Searchable } from "./searchable.ts";

/** Whether a message is meant; null: it depends on what is not known of it. */
export type Test<Message = Searchable> = (message: Message) => boolean | null;

/** What times and names in a query mean to its writer. */
export interface QueryClock {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The moment that an ISO date, with or without a time, begins. @throws {MailError} `usage` */
  readonly at: (text: string) => number;
  /** Finds a folder by its name, as `folderOf` does of a message. Absent: those that every account has. */
  readonly folder?: ((name: string) => number | Box) | undefined;
}

/** A value as it was written. `isWhole`: in quotes, so that it begins and ends where words do. */
export interface TermValue {
  readonly text: string;
  readonly isWhole: boolean;
}

export function negated<Message>(test: Test<Message>): Test<Message> {
  return (message) => {
    const found = test(message);
    return found === null ? null : !found;
  };
}

/** Holds where one of the tests does. */
export function either<Message>(tests: readonly Test<Message>[]): Test<Message> {
  return (message) => {
    let isOpen = false;
    for (const test of tests) {
      const found = test(message);
      if (found === true) return true;
      isOpen ||= found === null;
    }
    return isOpen ? null : false;
  };
}

/** Holds where all of the tests do. */
export function every<Message>(tests: readonly Test<Message>[]): Test<Message> {
  return negated(either(tests.map((test) => negated(test))));
}

/** Brackets, quotes and the ends of sentences: beside a word, they are none of it. The @ of `@example.org` is. */
const pairs = String.raw`\p{Ps}\p{Pe}\p{Quotation_Mark}<>`;
const punctuation = new RegExp(
  String.raw`^[${pairs}¿¡]+|[${pairs}\p{Terminal_Punctuation}…*]+$`,
  "gu",
);

/** @throws {MailError} `usage` for a value without any word */
export function wordsOf({ text, isWhole }: TermValue): Words {
  const folded = foldText(text);
  const words = isWhole ? folded : folded.replace(punctuation, "") || folded;
  if (folded !== "") return { text: words, isWhole };
  throw new MailError("usage", `Cannot search for "${text}": it has no letters`);
}

/** As `wordsOf`, of words that the text of a message is asked for: adds them to those. */
export function bodyWordsOf(value: TermValue, bodyWords: Words[]): Words {
  const words = wordsOf(value);
  bodyWords.push(words);
  return words;
}

/** Holds where the text has the words. */
export function inBody(words: Words): Test {
  return ({ body }) => body(words);
}

/** Holds where a text of the message has the words. */
export function hasText(words: Words, textOf: (message: Searchable) => string): Test {
  return (message) => hasWords(textOf(message), words);
}

/** As `hasText`, of addresses and names; undecided where the addresses do not have the words and the names are not known yet. */
export function hasPeople(words: Words, textOf: (message: Searchable) => string): Test {
  return (message) => hasWords(textOf(message), words) || (message.hasNames ? false : null);
}

/** Holds where the subject, a person, the name of a file or the text has the words. */
export function anywhere(words: Words): Test {
  return either([
    hasText(words, ({ subject }) => subject),
    hasPeople(words, ({ from }) => from),
    hasPeople(words, ({ to }) => to),
    hasText(words, ({ fileNames }) => fileNames),
    inBody(words),
  ]);
}
