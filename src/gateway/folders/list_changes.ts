/** Changes of the list of folders as mail programs ask for them: see `FiledMailbox.changeFolders`. */
import {
  findFolder,
  isBoxName,
  withFolder,
  withName,
  withParents,
} from "../../client/filing/folder_list.ts";
import { MailError } from "../../model/errors.ts";
import { boxFolders, type Folder, type FolderList } from "../../model/filing.ts";
import type { MailFolder } from "./mail_folders.ts";

/** Makes a folder, and the levels above it. @throws {MailError} `name_taken`, `malformed`, `too_large` */
export function withNewFolder(list: FolderList, name: string, now: number): FolderList {
  if (isBoxName(name) || findFolder(list, name) !== null) throw nameTaken("create", name);
  return withFolder(list, name, now);
}

/** Renames a folder, and makes the levels above its new name. @throws {MailError} as `withName` */
export function withNewName(
  list: FolderList,
  folder: Folder,
  name: string,
  now: number,
): FolderList {
  if (isBoxName(name)) throw nameTaken("rename", name);
  return withParents(withName(list, folder, name), name, now);
}

/** @throws {MailError} `denied` for the boxes' own, `no_such_message` */
export function folderOf({ folders }: FolderList, key: MailFolder["key"]): Folder {
  if (typeof key === "string") {
    throw new MailError("denied", `Cannot change ${boxFolders[key]}: every account has it`);
  }
  const found = folders.find(({ id }) => id === key);
  if (found === undefined) throw noSuchFolder();
  return found;
}

export function noSuchFolder(): MailError {
  return new MailError("no_such_message", "Cannot find the folder: it was deleted");
}

function nameTaken(verb: string, name: string): MailError {
  return new MailError(
    "name_taken",
    `Cannot ${verb} the folder: ${JSON.stringify(name)} exists`,
  );
}
