/** The folders of a Maildir on disk: its own, and with Maildir++ those in it whose names begin with a dot. */
import { reasonOf } from "../../../files/file_failure.ts";
import { isFolder } from "../../../files/folder.ts";
import { MailError } from "../../../model/errors.ts";
import { join } from "../../settings/folders.ts";

/** Where messages are; `tmp` has what is not there yet. */
export const messageFolders = ["cur", "new"] as const;

export interface TreeFolder {
  readonly path: string;
  /** As the tree has it, such as `.Bills`; null: the root. */
  readonly treeName: string | null;
  /** It is not a folder of the tree, but leads to one. */
  readonly isLink: boolean;
}

/** Lists the root, and the folders of Maildir++ in it, by name. */
export function treeFoldersIn(root: string): TreeFolder[] {
  const below = [...Deno.readDirSync(root)].filter(({ name }) => name.startsWith("."))
    .map(({ name, isSymlink }) => ({ path: join(root, name), treeName: name, isLink: isSymlink }))
    .filter(({ path }) => messageFolders.some((name) => isFolder(join(path, name))));
  const byName = (a: TreeFolder, b: TreeFolder) => a.path < b.path ? -1 : 1;
  return [{ path: root, treeName: null, isLink: false }, ...below.sort(byName)];
}

/** The names in `cur` or `new`. A Maildir without one of them is read all the same. */
export function namesIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new MailError("no_input", `Cannot read ${path}: ${reasonOf(error, "folder")}`, {
      cause: error,
    });
  }
}

export function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false; // reading it tells why
  }
}
