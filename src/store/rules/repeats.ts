/** What the same key twice means. */
import { equalBytes } from "../../model/bytes.ts";
import { conflict } from "../failures.ts";

/** @throws {MailError} `conflict` where the message that was sent under the same key had other content */
export function requireSameContent(earlierTag: Uint8Array, tag: Uint8Array): void {
  if (!equalBytes(earlierTag, tag)) throw conflict();
}
