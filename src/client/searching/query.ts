/** What is searched for, as Gmail and notmuch write it. Knows no mailbox and no clock. */
import { type Hint, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Words } from "./folded_text.ts";
import { searchFields } from "./search_fields.ts";
import {
  anywhere,
  bodyWordsOf,
  either,
  every,
  negated,
  type QueryClock,
  type TermValue,
  type Test,
} from "./term.ts";

export interface ParsedQuery {
  readonly test: Test;
  /** What the test asks the text of a message for. */
  readonly bodyWords: readonly Words[];
}

interface Word {
  readonly isOr: boolean;
  readonly isNegated: boolean;
  /** Null: it may stand anywhere. */
  readonly field: string | null;
  readonly value: TermValue;
}

const token = /\s+|(-?)(?:([a-z_]+):(?!\/\/))?(?:"([^"]*)"(?=\s|$)|([^\s"({]\S*))/iuy;
const unfinished = /^-?[a-z_]+:(?:$|["({])/i;

/** Parses a query. All of its terms have to hold; of terms with OR between them, one. @throws {MailError} `usage` */
export function parseQuery(text: string, clock: QueryClock): ParsedQuery {
  const most = limits.maxSearchCharacters;
  if (text.length > most) {
    throw new MailError("usage", `Cannot use this search: the limit is ${most} characters`);
  }
  const words = [...wordsIn(text)];
  if (words.length === 0) {
    throw new MailError("usage", "Cannot search for nothing", { hint: sample });
  }
  const bodyWords: Words[] = [];
  const testOf = ({ isNegated, field, value }: Word) => {
    const test = field === null
      ? anywhere(bodyWordsOf(value, bodyWords))
      : fieldOf(field, value).test(value, clock, bodyWords);
    return isNegated ? negated(test) : test;
  };
  return {
    test: every(groupsOf(words).map((group) => either(group.map(testOf)))),
    bodyWords,
  };
}

const sample: Hint = "Run `mailctl search from:alice budget`, for instance.";

function* wordsIn(text: string): Generator<Word> {
  token.lastIndex = 0;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const [found, minus, field, quoted, bare] = token.exec(text) ?? [];
    const isCut = field === undefined && unfinished.test(found ?? "");
    if (found === undefined || isCut) throw unreadable(text.slice(at));
    if (found.trim() === "") continue;
    yield {
      isOr: found === "OR",
      isNegated: minus === "-",
      field: field?.toLowerCase() ?? null,
      value: { text: quoted ?? bare!, isWhole: quoted !== undefined },
    };
  }
}

/** Terms with OR between them are one group. @throws {MailError} `usage` for an OR without a term on each side */
function groupsOf(words: readonly Word[]): Word[][] {
  const groups: Word[][] = [];
  words.forEach((word, at) => {
    if (word.isOr) {
      const [before, after] = [words[at - 1], words[at + 1]];
      if (before === undefined || after === undefined || after.isOr) throw misplacedOr();
    } else if (words[at - 1]?.isOr) groups.at(-1)!.push(word);
    else groups.push([word]);
  });
  return groups;
}

function fieldOf(name: string, { text }: TermValue) {
  if (Object.hasOwn(searchFields, name)) return searchFields[name]!;
  const names = Object.keys(searchFields).map((each) => `${each}:`).join(" ");
  throw new MailError("usage", `Cannot search for ${name}:${text}: there is no field ${name}`, {
    hint: `Use ${names}, or quote the term to find it as text.`,
  });
}

function unreadable(rest: string): MailError {
  return new MailError("usage", `Cannot read the search from ${rest.slice(0, 40)} on`, {
    hint: 'Write words, "a phrase", from:alice or subject:"q3 report".',
  });
}

function misplacedOr(): MailError {
  return new MailError("usage", "Cannot use this OR: it has to stand between two terms", {
    hint: 'Write "or" to find the word.',
  });
}
