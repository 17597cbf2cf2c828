/** The letters behind `:2,` in the name of a file of a Maildir: capitals as mail programs have them, others as Dovecot has. */
import { type Filing, type Flag, flags } from "../../../model/filing.ts";

const letters: Readonly<Partial<Record<Flag, string>>> = {
  draft: "D",
  flagged: "F",
  forwarded: "P",
  answered: "R",
};

/** Where a file system takes no colon, programs write another mark. */
const suffix = /[:;!-]2,([A-Za-z]*)$/;

/** The letters of a message, in the order of ASCII; S: it was read. */
export function lettersOf(set: readonly Flag[], isRead: boolean, keywordLetters = ""): string {
  const found = set.flatMap((flag) => letters[flag] ?? []);
  return [...found, ...isRead ? ["S"] : [], ...keywordLetters].sort().join("");
}

/** The letters of a name. */
export function lettersIn(name: string): string {
  return suffix.exec(name)?.[1] ?? "";
}

/** The part of a name that never changes: without letters, and without the fields that programs put behind a comma. */
export function uniquePart(name: string): string {
  return name.replace(suffix, "").replace(/,.*$/, "");
}

/** The flags that letters stand for. */
export function flagsOfLetters(found: string): Filing["flags"] {
  return flags.filter((flag) => letters[flag] !== undefined && found.includes(letters[flag]));
}
