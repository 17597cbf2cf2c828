/** What a server gave that nobody asked for. */
import { MailError } from "../model/errors.ts";

/** The answer to a server that gives something else than it was asked for. */
export function unexpectedReply(): MailError {
  return new MailError("protocol", "Cannot use the server's answer: it does not match the request");
}
