/** What a SEARCH asks for: RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 5032 (WITHIN), RFC 7162 3.1.5, RFC 8474 5.3. */
import type { CommandText } from "../command_text.ts";

export const searchReturns = ["MIN", "MAX", "ALL", "COUNT", "SAVE"] as const;

export type SearchReturn = typeof searchReturns[number];

export interface SearchQuery {
  /** What RETURN asks for, ALL where it names nothing; null: there was no RETURN. */
  readonly returns: ReadonlySet<SearchReturn> | null;
  /** It asks by MODSEQ: the answer has the highest one, and the session knows CONDSTORE from here on. */
  readonly usesModseq: boolean;
}

/** Reads what follows `SEARCH` and its blank, to the end. @throws {Bad} @throws {No} `BADCHARSET` */
export function readSearch(text: CommandText): SearchQuery {
  throw text.bad();
}
