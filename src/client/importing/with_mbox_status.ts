/** Messages of mbox files, with what mail programs noted in them. */
import { findMboxStatus } from "../../mime/mbox_status.ts";
import { joinFlags, readKeywords, unfiled } from "../../model/filing.ts";
import type { ImportedMessage } from "./imported_message.ts";

/** Adds what was noted of a message, whose beginning is given; null: it is left out. */
export function withMboxStatus(
  message: ImportedMessage,
  start: Uint8Array,
): ImportedMessage | null {
  if (message.mboxStatus === undefined) return message;
  const noted = message.mboxStatus ?? findMboxStatus(start);
  if (noted.isLeftOut) return null;
  const known = message.filing ?? unfiled;
  const flags = joinFlags(known.flags, noted.flags);
  const { keywords } = readKeywords([...known.keywords, ...noted.keywords]);
  const isFiled = known.folder !== 0 || flags.length > 0 || keywords.length > 0;
  return {
    ...message,
    isRead: message.isRead || noted.isRead,
    filing: isFiled ? { ...known, flags, keywords } : undefined,
  };
}
