/** Patterns of LIST: `*` is anything, `%` anything within a level. RFC 9051 6.3.9.5 */
import { limits } from "../../model/limits.ts";

/** Tells whether a name matches; in time bounded by the length of both, whatever the pattern is. */
export function matchesPattern(pattern: string, name: string): boolean {
  const shorter = pattern.replace(/[*%]*\*[*%]*/g, "*").replace(/%+/g, "%");
  if (shorter.length > 2 * limits.maxFolderNameBytes + 1) return false;
  const [wanted, text] = name === "INBOX" ? [shorter.toUpperCase(), name] : [shorter, name];
  let ends = new Set([0]); // where the text may go on
  for (const character of wanted) {
    ends = character === "*" || character === "%" ? reached(text, ends, character) : new Set(
      [...ends].filter((at) => text.startsWith(character, at)).map((at) => at + character.length),
    );
    if (ends.size === 0) return false;
  }
  return ends.has(text.length);
}

function reached(text: string, from: ReadonlySet<number>, wildcard: "*" | "%"): Set<number> {
  const ends = new Set<number>();
  let isOn = false;
  for (let at = 0; at <= text.length; at++) {
    if (from.has(at)) isOn = true;
    if (isOn) ends.add(at);
    if (wildcard === "%" && text[at] === "/") isOn = false;
  }
  return ends;
}
