/** What programs make of a field for a person to see, which may say another author than its grammar does. */
import { boundMarks } from "../charset/bounded_marks.ts";
import { decodeWords } from "./word.ts";

/** As programs show it: words decoded, invisible characters gone, other forms of a letter or sign folded. */
export function shownText(text: string): string {
  const visible = decodeWords(text).replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/gu, "");
  return boundMarks(visible).normalize("NFKC").replaceAll("\u3002", ".").toLowerCase();
}

/** From the beginning of a word on: else a long one without an `@` would be looked through from each of its characters. */
const address = /(?<![^\s@<>()[\]\\",;:])[^\s@<>()[\]\\",;:]+@[^\s@<>()[\]\\",;:]+/g;

/** All that looks like an address in a field: in names, in comments, and before the colon of a group too. */
export function shownAddresses(text: string): string[] {
  return shownText(text).match(address) ?? [];
}
