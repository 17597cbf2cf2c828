/** Lists of what only the owner knows: a folder by its name, what is flagged, what has a keyword. */
import type { Mailbox } from "../../client/mailbox.ts";
import type { ListedPage, MessageQuery } from "../../client/reading/list_messages.ts";
import type { FolderList, FolderUse } from "../../model/filing.ts";
import { folderFor } from "../../client/filing/named_folder.ts";
import { findFolder } from "./folder.ts";

interface NamedQuery extends MessageQuery {
  /** As it was typed; absent: the box's own. */
  readonly folder: string | undefined;
  /** A folder by what it is for. */
  readonly use: FolderUse | undefined;
  readonly flagged: boolean;
  readonly keyword: string | undefined;
}

/** Lists one page. @throws {MailError} `no_such_message` for the folder */
export async function listNamed(
  mailbox: Mailbox,
  { box, folder: name, use, flagged, keyword, ...query }: NamedQuery,
): Promise<{ readonly page: ListedPage; readonly folders: FolderList }> {
  const filed = await mailbox.filed();
  const folders = await filed.folders();
  const found = use !== undefined
    ? folderFor(folders, use)
    : name !== undefined
    ? await findFolder(folders, name)
    : null;
  const folder = found === null ? box : found.box ?? found.id;
  const flag = flagged ? "flagged" as const : undefined;
  return { page: await filed.listFolder({ ...query, folder, folders, flag, keyword }), folders };
}
