/** Flags and keywords as people write them: `+todo` sets one, `-todo` removes it. */
import { type Hint, MailError } from "../../model/errors.ts";
import type { Flag } from "../../model/filing.ts";
import type { FilingChange } from "./filing_change.ts";

/** Flags that people set themselves. */
const settableFlags = ["flagged", "answered", "forwarded"] as const satisfies Flag[];

/** Words that mail programs have a meaning for, so that no keyword is one, and what to do instead. */
const reserved: ReadonlyMap<string, Hint> = new Map<string, Hint>([
  ["seen", "Run `mailctl read ID` or `mailctl unread ID`."],
  ["read", "Run `mailctl read ID` or `mailctl unread ID`."],
  ["unread", "Run `mailctl unread ID`."],
  ["deleted", "Run `mailctl trash ID`."],
  ["draft", "Run `mailctl move ID Drafts`."],
]);

/** Reads `+WORD` and `-WORD`. @throws {MailError} `usage` for a word that is set and removed, or no keyword */
export function changeOf(words: readonly string[]): FilingChange {
  const wordsOf = (sign: string) =>
    words.filter((word) => word[0] === sign).map((word) => word.slice(1));
  const [added, removed] = [wordsOf("+"), wordsOf("-")];
  added.concat(removed).forEach(requireFree);
  const twice = added.find((word) => removed.some((each) => isSame(each, word)));
  if (twice !== undefined) {
    throw new MailError("usage", `Cannot both set and remove ${twice}`);
  }
  return {
    addFlags: added.flatMap(flagOf),
    removeFlags: removed.flatMap(flagOf),
    addKeywords: added.filter((word) => flagOf(word).length === 0),
    removeKeywords: removed.filter((word) => flagOf(word).length === 0),
  };
}

function flagOf(word: string): Flag[] {
  return settableFlags.filter((flag) => isSame(flag, word));
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function requireFree(word: string): void {
  const hint = reserved.get(word.toLowerCase());
  if (hint === undefined) return;
  throw new MailError("usage", `Cannot use "${word}" as a keyword`, { hint });
}
