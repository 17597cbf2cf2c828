/** Changes of the list of folders as mail programs ask for them: see `FiledMailbox.changeFolders`. */
import {
  findFolder,
  isBoxName,
  withFolder,
  withName,
  withParents,
} from "../../client/filing/folder_list.ts";
import { isBuiltIn } from "../../client/filing/named_folder.ts";
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

/** Finds a folder to rename or delete. @throws {MailError} `denied` for those that every account has, `no_such_message` */
export function ownFolder({ folders }: FolderList, key: MailFolder["key"]): Folder {
  if (typeof key === "string") throw everybodyHas(boxFolders[key]);
  const found = folders.find(({ id }) => id === key);
  if (found === undefined) throw noSuchFolder();
  if (isBuiltIn(found)) throw everybodyHas(found.name);
  return found;
}

function everybodyHas(name: string): MailError {
  return new MailError("denied", `Cannot change ${name}: every account has this folder`);
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
