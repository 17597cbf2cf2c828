/** What is known of messages that come in before they are read. */
import type { ImportedMessage } from "../../client/importing/imported_message.ts";
import { type Filing, joinFlags, unfiled } from "../../model/filing.ts";
import type { Box } from "../../model/message.ts";
import type { NamedFolder } from "../../client/filing/named_folder.ts";

/** What is known of all messages beforehand. */
export interface ImportOptions {
  /** Undefined: the inbox, or what a form says itself. */
  readonly box: Box | undefined;
  /** The folder that all come into; null: the box's own, or what a form says itself. */
  readonly folder: NamedFolder | null;
  /** True: all of them are. */
  readonly read: boolean;
  /** Opens what is still sealed. */
  readonly openSealed: (sealed: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** Finds folders that a form names, and makes those that are missing. Null: no folder can have the name. */
  readonly findFolders: (names: readonly string[]) => Promise<readonly (NamedFolder | null)[]>;
  /** Hears of a link that is not followed. */
  readonly onLink: (path: string) => void;
  /** Hears of a folder of files of which no folder can have the name, and how many messages are left out with it. */
  readonly onUnnamed: (path: string, messages: number) => void;
}

/** What a form says of one message. */
export interface SaidOfMessage extends Pick<Filing, "flags" | "keywords"> {
  readonly isRead?: boolean;
  readonly box?: Box | undefined;
  readonly folder?: NamedFolder | null | undefined;
}

/** True where each message comes into the folder that its form says. */
export function isByForm({ box, folder }: ImportOptions): boolean {
  return box === undefined && folder === null;
}

const otherBox = { inbox: "sent", sent: "inbox" } as const;

/** What a form does not say; `said` is what it does. */
export function defaultsOf(
  options: ImportOptions,
  said: SaidOfMessage = { flags: [], keywords: [] },
): Pick<ImportedMessage, "box" | "sameIn" | "isRead" | "filing"> {
  const named = isByForm(options) ? said.folder ?? null : options.folder;
  const own = said.box ?? named?.box;
  // As what a mail program puts there: `mailctl drafts` has what its owner wrote, and was never unread.
  const isDraft = (options.box ?? own ?? null) === null && named?.use === "drafts";
  const box = options.box ?? own ?? (isDraft ? "sent" : "inbox");
  const sameIn: Box[] = options.box === undefined && own ? [own] : [box, otherBox[box]];
  const folder = named?.id ?? 0;
  const flags = joinFlags(said.flags, isDraft ? ["draft"] : []);
  const { keywords } = said;
  const isFiled = folder !== 0 || flags.length > 0 || keywords.length > 0;
  const filing = isFiled ? { ...unfiled, folder, flags, keywords } : undefined;
  return { box, sameIn, isRead: options.read || box === "sent" || said.isRead === true, filing };
}
