/** Changes of how a message is filed: made to whatever is there, so that those of two machines are both kept. */
import { MailError } from "../../model/errors.ts";
import { type Filing, type Flag, flags, foldKeyword, isKeyword } from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";

/** What is absent stays as it is. */
export interface FilingChange {
  /** Moves it into a folder; 0: the box's own. */
  readonly folder?: number | undefined;
  /** Has it come into its folder once more: it gets a place above all that are there. */
  readonly comesAnew?: boolean | undefined;
  /** All of it only while it is in this folder. */
  readonly fromFolder?: number | undefined;
  readonly addFlags?: readonly Flag[] | undefined;
  readonly removeFlags?: readonly Flag[] | undefined;
  readonly addKeywords?: readonly string[] | undefined;
  readonly removeKeywords?: readonly string[] | undefined;
  /** Has these and no other, but for `copied` and `noted`, which are no flags of a person's. */
  readonly setFlags?: readonly Flag[] | undefined;
  readonly setKeywords?: readonly string[] | undefined;
  /** Milliseconds since 1970; null: when the server stored it. */
  readonly internalDate?: number | null | undefined;
}

/** Flags that say what became of an entry, and not what a person thinks of it. */
const kept: ReadonlySet<Flag> = new Set(["copied", "noted"]);

/** Makes a change. @throws {MailError} as `requireChange`, and `too_large` for too many keywords of one message */
export function applyChange(filing: Filing, change: FilingChange): Filing {
  if (change.fromFolder !== undefined && change.fromFolder !== filing.folder) return filing;
  const keywords = keywordsAfter(filing.keywords, change);
  if (keywords.length > limits.maxKeywords) {
    throw new MailError(
      "too_large",
      `Cannot add keywords: the limit is ${limits.maxKeywords} for each message`,
    );
  }
  return {
    folder: change.folder ?? filing.folder,
    flags: flagsAfter(filing.flags, change),
    internalDate: change.internalDate === undefined ? filing.internalDate : change.internalDate,
    keywords,
  };
}

/** @throws {MailError} `malformed` for a keyword that no message can have */
export function requireChange({ addKeywords = [], setKeywords = [] }: FilingChange): void {
  const wrong = [...addKeywords, ...setKeywords].find((keyword) => !isKeyword(keyword));
  if (wrong === undefined) return;
  throw new MailError(
    "malformed",
    `Cannot use the keyword ${
      JSON.stringify(wrong)
    }: it must have 1 to ${limits.maxKeywordBytes} ` +
      'ASCII letters, digits or signs, without blanks, (, ), {, ], %, *, \\ and "',
  );
}

/** Tells whether two filings say the same. */
export function isSameFiling(a: Filing, b: Filing): boolean {
  return a.folder === b.folder && a.internalDate === b.internalDate &&
    a.flags.join() === b.flags.join() && a.keywords.join(" ") === b.keywords.join(" ");
}

function flagsAfter(before: readonly Flag[], change: FilingChange): readonly Flag[] {
  const { addFlags = [], removeFlags = [], setFlags } = change;
  const base = setFlags === undefined
    ? before
    : [...setFlags, ...before.filter((flag) => kept.has(flag))];
  const after = new Set([...base, ...addFlags]).difference(new Set(removeFlags));
  return flags.filter((flag) => after.has(flag));
}

/** The first spelling of a keyword stays. */
function keywordsAfter(before: readonly string[], change: FilingChange): readonly string[] {
  const { addKeywords = [], removeKeywords = [], setKeywords } = change;
  const after = new Map<string, string>();
  const spelt = new Map(before.map((keyword) => [foldKeyword(keyword), keyword]));
  for (const keyword of [...setKeywords ?? before, ...addKeywords]) {
    const folded = foldKeyword(keyword);
    if (!after.has(folded)) after.set(folded, spelt.get(folded) ?? keyword);
  }
  for (const keyword of removeKeywords) after.delete(foldKeyword(keyword));
  return [...after.values()];
}
