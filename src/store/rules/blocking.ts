/** Which senders an account may block. */
import { limits } from "../../model/limits.ts";
import { notBlocked, tooManyBlocked } from "../failures.ts";

/** @throws {MailError} `too_large` for more than there may be, with the new ones */
export function requireRoomToBlock(count: number): void {
  if (count > limits.maxBlocked) throw tooManyBlocked();
}

/** @throws {MailError} `no_such_recipient` naming all that are not there */
export function requireBlocked(missing: readonly string[]): void {
  if (missing.length > 0) throw notBlocked(missing);
}
