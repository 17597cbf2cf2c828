/** What the same key twice means. */
import { equalBytes } from "../../model/bytes.ts";
import { asContentTag, type ContentTag } from "../../model/digests.ts";
import { conflict } from "../failures.ts";

/** Of what was not sent by an account: nothing is compared with it. */
export const noTag: ContentTag = asContentTag(new Uint8Array(0));

/** @throws {MailError} `conflict` where the message that was sent under the same key had other content */
export function requireSameContent(earlierTag: ContentTag, tag: ContentTag): void {
  if (!equalBytes(earlierTag, tag)) throw conflict();
}
