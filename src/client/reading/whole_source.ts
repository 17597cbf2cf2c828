/** Reads a message to its end whatever part of it is wanted: only then is all of it checked. */
import type { OpenedMessage } from "./opened_entry.ts";

/**
 * Hands the message to `use`, then reads what `use` left of its source, so that the session can go on.
 * @throws {MailError} `bad_signature`, also for a piece that `use` did not want
 */
export async function readWholly(
  message: OpenedMessage,
  use: (message: OpenedMessage) => Promise<void>,
): Promise<void> {
  const pieces = message.source()[Symbol.asyncIterator]();
  // Whoever leaves the loop early must not end the source: there is no `return` to call.
  const rest = { [Symbol.asyncIterator]: () => ({ next: () => pieces.next() }) };
  try {
    await use({ ...message, source: () => rest });
    while ((await pieces.next()).done !== true);
  } finally {
    await pieces.return?.();
  }
}
