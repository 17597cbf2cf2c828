/** That a server gives what was asked for. */
import type { AccountName } from "../../model/address.ts";
import type { Box } from "../../model/message.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import { unexpectedReply } from "../unexpected_reply.ts";

export interface AskedPage {
  readonly box: Box;
  readonly before: number;
  readonly limit: number;
  readonly from: AccountName | null;
}

/** @throws {MailError} `protocol` for entries that were not asked for */
export function checkPage(
  entries: readonly WireEntry[],
  { box, before, limit, from }: AskedPage,
): void {
  let last = before;
  for (const entry of entries) {
    const right = entry.box === box && entry.id < last && (from === null || entry.from === from);
    if (!right) throw unexpectedReply();
    last = entry.id;
  }
  if (entries.length > limit) throw unexpectedReply();
}
