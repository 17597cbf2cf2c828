/** What an IMAP client is told that does not get what it wants: RFC 9051 7.1 and RFC 5530. */
import { type FailureCode, failures, MailError } from "../../model/errors.ts";

/** The client broke the grammar, or said it in the wrong state: BAD. */
export class Bad extends Error {}

/** Understood, and not done: NO. `code` is a response code without its brackets, such as `CANNOT`. */
export class No extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null = null) {
    super(message);
    this.code = code;
  }
}

/** As above, and it was its last word here: BYE follows. */
export class Last extends No {}

/** What comes next cannot be understood any more: BYE. `code` as above. */
export class Hopeless extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null = null) {
    super(message);
    this.code = code;
  }
}

/** The words of OK for what was done to those that are there, while others have only their numbers. RFC 5530 3 */
export const someGone = "[EXPUNGEISSUED] Some of the messages were deleted";

const codes: ReadonlyMap<FailureCode, string> = new Map([
  ["timed_out", "UNAVAILABLE"],
  ["try_later", "LIMIT"],
  ["over_quota", "OVERQUOTA"],
  ["storage_full", "OVERQUOTA"],
  ["too_large", "TOOBIG"],
  ["name_taken", "ALREADYEXISTS"],
  ["malformed", "CANNOT"],
  ["denied", "CANNOT"],
  ["no_such_message", "NONEXISTENT"],
  ["bad_signature", "CORRUPTION"],
]);

/** Words a failure of ours: a defect without what it was. */
export function refusalOf(error: unknown): Bad | No {
  if (error instanceof Bad || error instanceof No) return error;
  if (!(error instanceof MailError)) return new No("Cannot continue", "SERVERBUG");
  const otherwise = failures[error.code].retry ? "UNAVAILABLE" : null;
  return new No(error.message, codes.get(error.code) ?? otherwise);
}

/** The end of a response line of status: its code and its words. RFC 9051 9: text is never empty. */
export function statusText(message: string, code: string | null): string {
  const words = message.replace(/[^ -~]/g, "?").slice(0, 400) || "Done";
  return code === null ? words.replace(/^\[/, "(") : `[${code}] ${words}`;
}
