/** Finding a folder by what was typed, with the names that may have been meant. */
import { allFolders, folderCalled, type NamedFolder } from "../../client/filing/named_folder.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import { MailError } from "../../model/errors.ts";
import type { FolderList } from "../../model/filing.ts";

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
