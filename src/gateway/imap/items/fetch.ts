/** Answering FETCH: one response a message, in order, large contents streamed. */
import type { MailFolders } from "../../folders/mail_folders.ts";
import type { FetchRequest } from "./fetch_request.ts";
import type { SequencedMessage } from "./sequenced_message.ts";

export interface FetchedMessage extends SequencedMessage {
  /** Its flags are told although nobody asked for them: fetching it has just marked it as seen. */
  readonly tellsFlags?: boolean;
}

export interface FetchAnswer {
  /** UTF8=ACCEPT or IMAP4rev2 is on. */
  readonly isUtf8: boolean;
  /** CONDSTORE is on: each response has the MODSEQ. */
  readonly withModseq: boolean;
}

/**
 * Yields whole untagged `* n FETCH (...)` responses in pieces. Of CHANGEDSINCE and VANISHED it knows nothing: `messages`
 * are those that are meant. A message that is gone is left out.
 * @throws {CutShort} a literal was begun that cannot be ended
 * @throws {No} `UNKNOWN-CTE` after all that could be answered
 * @throws {MailError} between two responses, as `MailFolders` does
 */
export async function* fetchMessages(
  _folders: MailFolders,
  _messages: readonly FetchedMessage[],
  _query: FetchRequest,
  _answer: FetchAnswer,
): AsyncGenerator<Uint8Array> {
}
