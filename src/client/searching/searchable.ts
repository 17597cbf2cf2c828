/** A message as a search sees it: what lists show of it, and its text, both folded. */
import { builtInFolders, type Filing, type FolderList, folderOf } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Box } from "../../model/message.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { foldText, hasWords, type Words } from "./folded_text.ts";
import type { PeopleNames } from "./people_names.ts";

/** All text is as `foldText` makes it; of several values, each stands on a line of its own. */
export interface Searchable {
  readonly id: EntryId;
  readonly box: Box;
  /** As lists show it, milliseconds since 1970. */
  readonly date: number;
  /** At the server. */
  readonly sealedBytes: number;
  readonly messageId: string;
  /** True where the names of people stand behind their addresses; false: they are not known yet. */
  readonly hasNames: boolean;
  /** The account that lists show; of mail that no account signed, whom it names itself. */
  readonly from: string;
  /** In To, Cc and Bcc. */
  readonly to: string;
  readonly cc: string;
  /** Known of sent mail, and to the one whom it names. */
  readonly bcc: string;
  readonly subject: string;
  readonly attachments: number;
  readonly fileNames: string;
  /** Tells whether its text has words; null: that is not known yet. */
  readonly body: (words: Words) => boolean | null;
  /** Null: not known yet. */
  readonly isUnread: boolean | null;
  /** Null: not known yet. */
  readonly filing: Filing | null;
  /** The folder that it is in, as `folderOf` finds it. Null: not known yet. */
  readonly folder: number | Box | null;
}

/** What changes while the messages stay as they are: all that are unread, and how each is filed. Null: not known. */
export interface MessageStates {
  readonly unread: ReadonlySet<EntryId> | null;
  readonly filings: ReadonlyMap<EntryId, Filing> | null;
  /** Those that there are, where it matters. */
  readonly folders: FolderList;
}

export const unknownStates: MessageStates = {
  unread: null,
  filings: null,
  folders: builtInFolders,
};

/** A message that was found, with what it was found by. */
export type FoundMessage = Pick<Searchable, "id" | "body">;

/** The body of a message whose text is not known. */
export const unknownBody: Searchable["body"] = () => null;

/** The body of a message of this folded text. */
export function bodyOf(text: string): Searchable["body"] {
  return (words) => hasWords(text, words);
}

/** Takes what a search may see of a message. `folders`: as in `MessageStates`; `names`: null where it was not read. */
export function searchable(
  message: ListedMessage,
  folders: FolderList = builtInFolders,
  body: Searchable["body"] = unknownBody,
  names: PeopleNames | null = null,
): Searchable {
  const { id, box, storedAt, sealedBytes, headers, readAt, deliveries, filing } = message;
  const { to = [], cc = [], bcc = [], attachments = [] } = headers ?? {};
  const recipients = new Set([...to, ...cc, ...bcc, ...deliveries.map((each) => each.recipient)]);
  return {
    id,
    box,
    date: headers?.date ?? storedAt,
    sealedBytes,
    messageId: foldText(headers?.messageId ?? ""),
    hasNames: names !== null,
    from: withNames([senderOf(message)], names?.from),
    to: withNames([...recipients], names && [...names.to, ...names.cc, ...names.bcc]),
    cc: withNames(cc, names?.cc),
    bcc: withNames(bcc, names?.bcc),
    subject: foldText(headers?.subject ?? ""),
    attachments: attachments.length,
    fileNames: foldLines(attachments.map(({ name }) => name)),
    body,
    isUnread: box === "inbox" && readAt === null,
    filing,
    folder: folderOf(folders, message),
  };
}

/** Folds the text of a message, as much of it as is searched: at most `limits.maxSearchedTextCharacters`. */
export function searchedText(text: string): string {
  const most = limits.maxSearchedTextCharacters;
  return foldText(text.slice(0, 2 * most)).slice(0, most).toWellFormed();
}

/** A header may be full of names: as much of them is searched as of a text. */
function withNames(addresses: readonly string[], names: PeopleNames["from"] | null = []): string {
  const folded = foldLines(names ?? []).slice(0, limits.maxSearchedTextCharacters).toWellFormed();
  return [foldLines(addresses), folded].join("\n").trim();
}

/** What nobody signed is found by whom it names, as lists show it. */
function senderOf({ from, origin, headers }: ListedMessage): string {
  return origin === null ? from : headers?.from ?? "";
}

function foldLines(values: readonly string[]): string {
  return values.map(foldText).join("\n");
}
