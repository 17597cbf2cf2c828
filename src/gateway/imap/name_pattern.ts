/** Patterns of LIST: `*` is anything, `%` anything within a level. RFC 9051 6.3.9.5 */
import { limits } from "../../model/limits.ts";

const [star, percent, slash] = [42, 37, 47];

/** Takes out of a pattern what says nothing; null: it matches no name. */
export function shortPattern(pattern: string): string | null {
  const shorter = pattern.replace(/[*%]+/g, (run) => run.includes("*") ? "*" : "%");
  return shorter.length > 2 * limits.maxFolderNameBytes + 1 ? null : shorter;
}

export function hasWildcard(pattern: string): boolean {
  return /[*%]/.test(pattern);
}

/** Tells whether a name matches; in as many steps as both have characters, multiplied, whatever the pattern is. */
export function matchesPattern(pattern: string, name: string): boolean {
  const wanted = name === "INBOX" ? pattern.toUpperCase() : pattern;
  if (!hasWildcard(wanted)) return wanted === name;
  const ends = new Uint8Array(name.length + 1); // 1: the name may go on there
  ends[0] = 1;
  for (let next = 0; next < wanted.length; next++) {
    const character = wanted.charCodeAt(next);
    const isWild = character === star || character === percent;
    let before = isWild ? 0 : ends[0]!;
    if (!isWild) ends[0] = 0;
    for (let at = isWild ? 0 : 1; at <= name.length; at++) {
      const here = ends[at]!;
      ends[at] = isWild ? before | here : before & Number(name.charCodeAt(at - 1) === character);
      const stops = character === percent && name.charCodeAt(at) === slash;
      before = !isWild ? here : stops ? 0 : ends[at]!;
    }
    if (!ends.includes(1)) return false;
  }
  return ends[name.length] === 1;
}
