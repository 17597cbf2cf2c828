/** What a client is told that does not get what it wants. */
import { failures, MailError } from "../../model/errors.ts";

/** What a client did wrong, in words for it. */
export class Refused extends Error {}

/** As above, and it was its last word here. */
export class Final extends Refused {}

/** Words a failure of ours as a reply; a defect without what it was. */
export function tellFailure(error: unknown): string {
  const { code, message } = error instanceof MailError
    ? error
    : new MailError("internal", "Cannot continue");
  const isTemporary = failures[code].smtp.startsWith("4");
  const text = message.replace(/[^ -~]/g, "?").slice(0, 400); // RFC 2449 4: 512 with all
  return `-ERR [SYS/${isTemporary ? "TEMP" : "PERM"}] ${text}`;
}
