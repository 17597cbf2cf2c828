/** Labels of Gmail, in an mbox file of Google Takeout: the field X-Gmail-Labels, as CSV and in the account's language. */
import { readKeywords } from "../model/filing.ts";
import { peekStart } from "./block.ts";
import { byteString } from "./byte_string.ts";
import { parseHeader } from "./header/header.ts";
import type { MboxStatus } from "./mbox_status.ts";

/** How a message was filed. */
export interface GmailFiling {
  readonly status: MboxStatus;
  /** The folder that it was in, as it is called here. */
  readonly folder: string;
  /** True for what its owner sent, wherever it is; else it may have been received. */
  readonly isSent: boolean;
}

/** Takeout puts the field before all that others wrote: further down, a sender may have written it. */
const beginning = /^(?:X-GM-THRID:[^\r\n]*\r\n)?X-Gmail-Labels:/i;
const mostBytes = 16 * 1024;

/** Finds the labels of a message, decoded; none where Gmail did not write it. */
export async function findGmailLabels(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly labels: readonly string[]; readonly content: AsyncIterable<Uint8Array> }> {
  const { start, all } = await peekStart(source, mostBytes);
  const isLabelled = beginning.test(byteString(start.subarray(0, 1_000)));
  const header = isLabelled ? parseHeader(start.subarray(0, mostBytes)) : null;
  const found = header?.get("x-gmail-labels")?.matchAll(/"((?:[^"]|"")*)"|[^,]+/g) ?? [];
  const labels = [...found].map(([bare, quoted]) => (quoted?.replaceAll('""', '"') ?? bare).trim());
  return { labels: labels.filter((label) => label !== ""), content: all };
}

/** Labels that are folders here too; what has several is in the first. */
const folders: readonly (readonly [label: string, folder: string])[] = [
  ["trash", "Trash"],
  ["spam", "Junk"],
  ["drafts", "Drafts"],
  ["inbox", "INBOX"],
];
/** As Gmail names them in English. */
const others = [
  "archived",
  "chat",
  "important",
  "muted",
  "opened",
  "sent",
  "snoozed",
  "starred",
  "unread",
];
const systemLabels: ReadonlySet<string> = new Set([...folders.map(([label]) => label), ...others]);

/**
 * Reads labels: those of Gmail's own tell flags and folder. Of others, the first one is the folder of what is in none of
 * these, and the rest are keywords; all of them where `usesFolder` is false. Null: no label is Gmail's own, or they are in
 * another language.
 */
export function readGmailLabels(
  labels: readonly string[],
  usesFolder: boolean,
): GmailFiling | null {
  const known = new Set(labels.map((label) => label.toLowerCase()));
  if (known.isDisjointFrom(systemLabels)) return null;
  const own = labels.filter((label) => !isSystem(label));
  const isSent = known.has("sent") && !known.has("inbox");
  const fixed = folders.find(([label]) => known.has(label))?.[1];
  const folder = fixed ?? own[0] ?? (isSent ? "Sent" : "Archive");
  const { keywords } = readKeywords(own.filter((label) => !usesFolder || label !== folder));
  const flags = known.has("starred") ? ["flagged" as const] : [];
  const status = { isRead: !known.has("unread"), flags, keywords, isLeftOut: false };
  return { status, folder, isSent };
}

function isSystem(label: string): boolean {
  return systemLabels.has(label.toLowerCase()) || /^(?:category |imap_)/i.test(label);
}
