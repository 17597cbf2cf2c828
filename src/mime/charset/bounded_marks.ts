/** Marks of hostile text, before it is normalized: Unicode sorts those of one letter, which takes the square of their number. */

/** UAX #15, section 13: no more stand behind a letter in any language. The last two become marks in NFKC. */
const tooMany = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu;

/** Drops all but the first 30 of marks in a row. */
export function boundMarks(text: string): string {
  return text.replace(tooMany, "$1");
}
