/** How an owner files messages: folders, flags and keywords. The server sees none of it. */
import { utf8 } from "./bytes.ts";
import { limits } from "./limits.ts";
import type { Box } from "./message.ts";

/** In the order of their bits, the lowest first. `copied`: the owner made it from another entry of the same envelope. */
export const flags = [
  "answered",
  "flagged",
  "deleted",
  "draft",
  "forwarded",
  "noted",
  "copied",
] as const;

export type Flag = typeof flags[number];

/** Those that people are shown; the others say what became of an entry. */
export const shownFlags = ["answered", "flagged", "deleted", "draft", "forwarded"] as const;

export function shownFlagsOf({ flags }: Filing): (typeof shownFlags[number])[] {
  return shownFlags.filter((flag) => flags.includes(flag));
}

/** Flags of several sources, each once, in their order. */
export function joinFlags(...sources: readonly (readonly Flag[])[]): Flag[] {
  return flags.filter((flag) => sources.some((source) => source.includes(flag)));
}

/** How one message is filed. */
export interface Filing {
  /** Of a folder; 0, or one that is in no list: the box's own. */
  readonly folder: number;
  /** Each once, in the order of `flags`. */
  readonly flags: readonly Flag[];
  /** RFC 9051 2.3.3, milliseconds since 1970; null: when the server stored it. */
  readonly internalDate: number | null;
  /** RFC 9051 2.3.2, each once whatever its case. */
  readonly keywords: readonly string[];
}

/** How a message is filed that nobody filed. */
export const unfiled: Filing = { folder: 0, flags: [], internalDate: null, keywords: [] };

export const folderUses = ["none", "archive", "drafts", "trash", "junk"] as const;

/** RFC 6154; `none`: what its owner likes. */
export type FolderUse = typeof folderUses[number];

export interface Folder {
  readonly id: number;
  /** Levels are parted by `/`. */
  readonly name: string;
  /** Seconds since 1970; 0 of a folder that every account has: as old as the account. */
  readonly madeAt: number;
  readonly use: FolderUse;
}

/** 32 bits, and room behind them for the folders of an account whose clock says that it is 2106. */
const latestSecond = 0xfff0_0000;

/** When a folder or account was made, in seconds since 1970 as UIDVALIDITY has room for them: RFC 9051 2.3.1.1. */
export function secondOf(ms: number): number {
  return Math.min(Math.floor(ms / 1000), latestSecond);
}

/** The folders of an account beside INBOX and Sent, which its boxes are. */
export interface FolderList {
  readonly folders: readonly Folder[];
  /** The names that mail programs show, each once; also of INBOX, Sent and of folders that there are not. RFC 9051 6.3.7 */
  readonly subscribed: readonly string[];
  /** After how many days the owner's programs delete what is in the trash; 0: never. */
  readonly trashDays: number;
  /** The highest `madeAt` that a folder ever had, also of one that was deleted: no two folders have the same. */
  readonly lastMadeAt: number;
}

/** What an account has that never changed its list. */
export const builtInFolders: FolderList = {
  folders: [
    { id: 1, name: "Archive", madeAt: 0, use: "archive" },
    { id: 2, name: "Drafts", madeAt: 0, use: "drafts" },
    { id: 3, name: "Trash", madeAt: 0, use: "trash" },
    { id: 4, name: "Junk", madeAt: 0, use: "junk" },
  ],
  subscribed: ["INBOX", "Sent", "Archive", "Drafts", "Trash", "Junk"],
  trashDays: 0,
  lastMadeAt: 0,
};

/** Ids from here on are random; lower ones are of `builtInFolders`. */
export const firstFolderId = 16;

/** Tells whether a folder may have this name: as `isMailboxName`, and neither INBOX, in any case, nor Sent. */
export function isFolderName(name: string): boolean {
  return isMailboxName(name) && name.toUpperCase() !== "INBOX" && name !== "Sent";
}

/** Tells whether a name can be subscribed: NFC, no control character and no line break, no level of no length. */
export function isMailboxName(name: string): boolean {
  return utf8(name).length <= limits.maxFolderNameBytes &&
    name.isWellFormed() && name === name.normalize("NFC") &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name) &&
    name.split("/").every((level) => level !== "");
}

/** RFC 3501 9, flag-keyword: an atom. */
const atom = /^[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+$/;

/** Tells whether a message may have this keyword. */
export function isKeyword(keyword: string): boolean {
  return keyword.length <= limits.maxKeywordBytes && atom.test(keyword);
}

/** Names a keyword whatever its case. */
export function foldKeyword(keyword: string): string {
  return keyword.toLowerCase();
}

/**
 * Takes keywords as programs write them: each once, whatever its case, and none that no message can have. `$Forwarded` is
 * a flag (RFC 9051 2.3.2).
 */
export function readKeywords(words: Iterable<string>): Pick<Filing, "flags" | "keywords"> {
  const found = new Map<string, string>();
  for (const word of words) {
    const folded = foldKeyword(word);
    if (isKeyword(word) && !found.has(folded)) found.set(folded, word);
  }
  const flags: Flag[] = found.delete(foldKeyword(forwardedKeyword)) ? ["forwarded"] : [];
  return { flags, keywords: [...found.values()].slice(0, limits.maxKeywords) };
}

/** What IMAP calls the flag `forwarded`. */
export const forwardedKeyword = "$Forwarded";

/** The keywords of a message as programs know them: `readKeywords` the other way round. */
export function writtenKeywords({ flags, keywords }: Pick<Filing, "flags" | "keywords">): string[] {
  return [...keywords, ...flags.includes("forwarded") ? [forwardedKeyword] : []];
}

/** What the boxes' own folders are called. */
export const boxFolders: Readonly<Record<Box, string>> = { inbox: "INBOX", sent: "Sent" };

/** Finds the folder that a message is in: its id, or the box whose own it is in, also where the list has no such folder. */
export function folderOf(
  { folders }: FolderList,
  { box, filing: { folder } }: { readonly box: Box; readonly filing: Filing },
): number | Box {
  return folder !== 0 && folders.some(({ id }) => id === folder) ? folder : box;
}

/** When a message came, in milliseconds since 1970, as mail programs are told: RFC 9051 2.3.3. */
export function receivedAt(
  { filing, storedAt }: { readonly filing: Filing; readonly storedAt: number },
): number {
  return filing.internalDate ?? storedAt;
}

/** Names the folder that a message is in: its box's own where the list has no such folder. */
export function folderNameOf(
  { folders }: FolderList,
  { box, filing }: { readonly box: Box; readonly filing: Filing },
): string {
  return folders.find(({ id }) => id === filing.folder)?.name ?? boxFolders[box];
}
