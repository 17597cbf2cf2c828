/** Answering SEARCH: what opens nothing is decided first. */
import type { MailFolders } from "../../folders/mail_folders.ts";
import type { NumberSet } from "../number_set.ts";
import type { NumberedMessage } from "./numbered_message.ts";
import type { SearchQuery } from "./search_query.ts";

export interface SearchContext {
  /** Milliseconds since 1970, for OLDER and YOUNGER. */
  readonly now: number;
  /** The UIDs that `$` stands for. */
  readonly saved: NumberSet;
  /** Ends the search where its session ends: it fails with the reason. */
  readonly signal: AbortSignal;
  /** Hears after each message how many of all are decided: the caller says how often it is told (RFC 9585). */
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Finds the messages that a query means, in the order of `messages`, which are all of the folder as the session knows it:
 * `*` is the last of them. A message that is gone is not found by what only opening it tells.
 * @throws {MailError} as `MailFolders` does
 */
export function searchMessages(
  _folders: MailFolders,
  _messages: readonly NumberedMessage[],
  _query: SearchQuery,
  _context: SearchContext,
): Promise<NumberedMessage[]> {
  return Promise.resolve([]);
}
