/** What a FETCH asks for: RFC 9051 6.4.5, RFC 3501 6.4.5, RFC 7162 3.1.4 and 3.2.6, RFC 8474 5. */
import type { CommandText } from "../command_text.ts";

export interface FetchRequest {
  /** To fetch the messages marks them as seen. */
  readonly setsSeen: boolean;
  /** It asks for MODSEQ, or by CHANGEDSINCE: the session knows CONDSTORE from here on. */
  readonly usesModseq: boolean;
  /** Only messages of a higher modseq are meant; null: all. */
  readonly changedSince: number | null;
  /** What is gone since then is asked for as well. */
  readonly vanished: boolean;
}

export interface FetchForm {
  /** UID FETCH: each answer has the UID, and VANISHED may be asked for. */
  readonly isUid: boolean;
  readonly isUtf8: boolean;
}

/** Reads what follows the set and its blank, to the end. @throws {Bad} */
export function readFetch(text: CommandText, _form: FetchForm): FetchRequest {
  throw text.bad();
}
