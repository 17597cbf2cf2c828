/** Patterns of account names: `*` stands for any characters, `?` for one. Letters match in any case. */
import { type AccountName, parseName } from "./address.ts";
import { MailError } from "./errors.ts";
import { limits } from "./limits.ts";

export interface NamePattern {
  /** Every name that matches begins with it. */
  readonly prefix: string;
  /** The one name that matches, where it is written without `*` and `?`. */
  readonly exact: AccountName | null;
  matches(name: AccountName): boolean;
}

const maxPatternCharacters = 2 * limits.maxNameCharacters;

/** Parses a pattern. @throws {MailError} `malformed` */
export function parsePattern(text: string): NamePattern {
  if (!/[*?]/.test(text)) return exact(parseName(text));
  const folded = text.length > 8 * maxPatternCharacters
    ? text
    : foldSigma(text.normalize("NFKC").toLowerCase());
  const characters = [...folded];
  if (characters.length > maxPatternCharacters || !/^[\p{L}\p{M}\p{N}._*?-]+$/u.test(folded)) {
    throw new MailError("malformed", "Cannot use the pattern: no name can match it", {
      hint: "Use letters, digits, . _ and -, with * for any characters and ? for one.",
    });
  }
  return {
    prefix: /^[^*?σ]*/.exec(folded)![0],
    exact: null,
    matches: (name) => isLike([...foldSigma(name)], characters),
  };
}

function exact(name: AccountName): NamePattern {
  return { prefix: name, exact: name, matches: (other) => other === name };
}

/** Which sigma it is depends on what comes behind it, which a pattern does not know. */
function foldSigma(text: string): string {
  return text.replaceAll("ς", "σ");
}

/** Only the last `*` ever has to take more: so it is quick for every pattern. */
function isLike(name: readonly string[], pattern: readonly string[]): boolean {
  let [at, place] = [0, 0];
  let star: { at: number; place: number } | null = null;
  while (at < name.length) {
    if (pattern[place] === "*") star = { at, place: place++ };
    else if (pattern[place] === "?" || pattern[place] === name[at]) {
      [at, place] = [at + 1, place + 1];
    } else if (star === null) return false;
    else {
      star = { at: star.at + 1, place: star.place };
      [at, place] = [star.at, star.place + 1];
    }
  }
  return pattern.slice(place).every((character) => character === "*");
}

/** Compares names by code points, as stores order them and JavaScript does not; below 0: `a` comes first. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return left.length - right.length;
  return left[at]!.codePointAt(0)! - (right[at]?.codePointAt(0) ?? -1);
}
