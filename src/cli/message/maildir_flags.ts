/** The letters behind `:2,` in the name of a file of a Maildir, as mail programs have them. */
import { type Flag, flags } from "../../model/filing.ts";

const letters: Readonly<Partial<Record<Flag, string>>> = {
  draft: "D",
  flagged: "F",
  forwarded: "P",
  answered: "R",
};

/** The letters of a message, in the order of ASCII; S: it was read. */
export function lettersOf(set: readonly Flag[], isRead: boolean): string {
  const found = set.flatMap((flag) => letters[flag] ?? []);
  return [...found, ...isRead ? ["S"] : []].sort().join("");
}

/** The letters of a name. Where a file system takes no colon, programs write another mark. */
export function lettersIn(name: string): string {
  return /[:;!-]2,([A-Za-z]*)$/.exec(name)?.[1] ?? "";
}

/** The flags that letters stand for. */
export function flagsOfLetters(found: string): Flag[] {
  return flags.filter((flag) => letters[flag] !== undefined && found.includes(letters[flag]));
}
