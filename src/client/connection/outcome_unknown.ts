/** A connection that was lost after a request went out: nobody here knows whether the server carried it out. */
import { type Hint, MailError } from "../../model/errors.ts";

/** A request whose reply was lost. Asking again may tell what became of it. */
export class LostRequest extends Error {}

/** Passes a failure of a request on; one of the connection as `LostRequest`. */
export function lost(cause: unknown): never {
  throw isLost(cause) ? new LostRequest("lost", { cause }) : cause;
}

/**
 * The failure of a change that may have been made. `what`: what may be so by now, as "the keys were changed". `hint`:
 * how to find out.
 */
export function outcomeUnknown(what: string, hint: Hint, cause: unknown): MailError {
  const message = `Cannot tell whether ${what}: the connection was lost`;
  return new MailError("unavailable", message, { cause, hint });
}

/** Makes what passes a failure on; one of the connection as `outcomeUnknown`. */
export function unknownIfLost(what: string, hint: Hint): (cause: unknown) => never {
  return (cause) => {
    throw isLost(cause) ? outcomeUnknown(what, hint, cause) : cause;
  };
}

function isLost(cause: unknown): boolean {
  return cause instanceof MailError && cause.code === "unavailable";
}
