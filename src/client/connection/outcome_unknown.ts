/** A connection that was lost after a request went out: nobody here knows whether the server carried it out. */
import { type Hint, MailError } from "../../model/errors.ts";

/** The failure of a request that went out, and whose answer is lost. */
export class LostAnswer extends MailError {
  constructor({ message, hint }: MailError, cause: unknown) {
    super("unavailable", message, { cause, hint });
  }
}

/** The failure of a change that may have been made. */
export class OutcomeUnknown extends MailError {
  /** `what`: what may be so by now, as "the keys were changed". `hint`: how to find out. */
  constructor(readonly what: string, hint: Hint, cause: unknown) {
    super("unavailable", `Cannot tell whether ${what}: the connection was lost`, { cause, hint });
  }
}

/** The same where nobody here knows what was to be changed. */
export function changeUnknown(cause: unknown): OutcomeUnknown {
  return new OutcomeUnknown("the change was made", "Try again.", cause);
}

/** Makes what passes a failure on; a lost answer as `OutcomeUnknown`. */
export function unknownIfLost(what: string, hint: Hint): (cause: unknown) => never {
  return (cause) => {
    throw cause instanceof LostAnswer ? new OutcomeUnknown(what, hint, cause) : cause;
  };
}
