/** Folders as people name them: INBOX and Sent, which are the boxes' own, and those of the list. */
import type { Mailbox } from "../../client/mailbox.ts";
import { MailError } from "../../model/errors.ts";
import {
  boxFolders,
  firstFolderId,
  type Folder,
  type FolderList,
  type FolderUse,
} from "../../model/filing.ts";
import type { Box } from "../../model/message.ts";

/** A folder, wherever it is. */
export interface NamedFolder {
  /** 0: the own folder of `box`. */
  readonly id: number;
  readonly name: string;
  /** Null: it is a folder of the list, where mail of both boxes may be. */
  readonly box: Box | null;
}

/** Reads the folders of an account. */
export async function foldersOf(mailbox: Mailbox): Promise<FolderList> {
  return await (await mailbox.filed()).folders();
}

/**
 * Finds a folder by its name. Names of folders that every account has may be typed in any case.
 * @throws {MailError} `no_such_message` with the names that may have been meant
 */
export async function findFolder(list: FolderList, text: string): Promise<NamedFolder> {
  const found = folderCalled(list, text);
  if (found !== null) return found;
  throw new MailError("no_such_message", `Cannot find the folder ${JSON.stringify(text)}`, {
    hint: await suggestion(text, allFolders(list).map(({ name }) => name)),
  });
}

/** Null: there is none. */
export function folderCalled(list: FolderList, text: string): NamedFolder | null {
  const all = allFolders(list);
  const name = text.normalize("NFC");
  return all.find((folder) => folder.name === name) ??
    all.find((folder) => isBuiltIn(folder) && folder.name.toLowerCase() === name.toLowerCase()) ??
    null;
}

/** Finds the folder of a use, whatever it is called. @throws {MailError} `no_such_message` */
export function folderFor({ folders }: FolderList, use: FolderUse): NamedFolder {
  const found = folders.find((folder) => folder.use === use);
  if (found !== undefined) return named(found);
  throw new MailError("no_such_message", `Cannot find the folder for ${use}: it was deleted`);
}

/** True for a folder that every account has. */
export function isBuiltIn({ id }: NamedFolder): boolean {
  return id < firstFolderId;
}

/** A folder that is the owner's to rename and delete. @throws {MailError} `usage` for one that every account has */
export function requireOwn(folder: NamedFolder, verb: string): NamedFolder {
  if (!isBuiltIn(folder)) return folder;
  throw new MailError("usage", `Cannot ${verb} ${folder.name}: every account has this folder`);
}

/** A name that no folder has yet, nor one that every account has in another case. @throws {MailError} `name_taken` */
export function requireFree(list: FolderList, name: string, what: string): void {
  const found = folderCalled(list, name);
  if (found !== null) throw nameTaken(found.name, what);
}

export function nameTaken(name: string, what: string): MailError {
  return new MailError("name_taken", `Cannot ${what}: the folder ${JSON.stringify(name)} exists`);
}

function allFolders({ folders }: FolderList): NamedFolder[] {
  return [
    { id: 0, name: boxFolders.inbox, box: "inbox" },
    { id: 0, name: boxFolders.sent, box: "sent" },
    ...folders.map(named),
  ];
}

function named({ id, name }: Folder): NamedFolder {
  return { id, name, box: null };
}

async function suggestion(text: string, names: readonly string[]) {
  const folded = new Map(names.map((name) => [name.toLowerCase(), name]));
  const { nearNames } = await import("../near_names.ts");
  const wanted = text.toLowerCase();
  const found = folded.has(wanted) ? [wanted] : await nearNames(wanted, [...folded.keys()]);
  const near = found.flatMap((name) => folded.get(name) ?? []);
  return near.length === 0
    ? "Run `mailctl folders` for the list." as const
    : `Did you mean ${near.slice(0, 3).map((name) => JSON.stringify(name)).join(" or ")}?` as const;
}
