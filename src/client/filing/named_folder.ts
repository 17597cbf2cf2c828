/** Folders as people name them: INBOX and Sent, which are the boxes' own, and those of the list. */
import { MailError } from "../../model/errors.ts";
import {
  boxFolders,
  firstFolderId,
  type Folder,
  type FolderList,
  type FolderUse,
} from "../../model/filing.ts";
import { type EntryId, listIds } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import type { FiledMessage } from "./filed_message.ts";

/** A folder, wherever it is. */
export interface NamedFolder {
  /** 0: the own folder of `box`. */
  readonly id: number;
  readonly name: string;
  /** Null: it is a folder of the list, where mail of both boxes may be. */
  readonly box: Box | null;
  readonly use: Box | FolderUse;
}

/** INBOX and Sent, and then those of the list. */
export function allFolders({ folders }: FolderList): NamedFolder[] {
  return [
    { id: 0, name: boxFolders.inbox, box: "inbox", use: "inbox" },
    { id: 0, name: boxFolders.sent, box: "sent", use: "sent" },
    ...folders.map(named),
  ];
}

/** Finds a folder by its name, in any case for one that every account has. Null: there is none. */
export function folderCalled(list: FolderList, text: string): NamedFolder | null {
  const all = allFolders(list);
  const name = text.normalize("NFC");
  return all.find((folder) => folder.name === name) ??
    all.find((folder) => isBuiltIn(folder) && folder.name.toLowerCase() === name.toLowerCase()) ??
    null;
}

/** The name of a folder to be made, below one that every account has as that is spelt. */
export function spelledName(list: FolderList, text: string): string {
  const [first = "", ...below] = text.normalize("NFC").split("/");
  const above = below.length === 0 ? null : folderCalled(list, first);
  return [above?.name ?? first, ...below].join("/");
}

/** Finds the folder of a use, whatever it is called. @throws {MailError} `no_such_message` */
export function folderFor({ folders }: FolderList, use: FolderUse): NamedFolder {
  const found = folders.find((folder) => folder.use === use);
  if (found !== undefined) return named(found);
  throw new MailError("no_such_message", `Cannot find the folder for ${use}: it was deleted`);
}

/** True for a folder that every account has. */
export function isBuiltIn({ id }: Pick<NamedFolder, "id">): boolean {
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

/** INBOX is for mail that was received, and Sent for mail that was sent. @throws {MailError} `usage` */
export function requireBox(messages: readonly FiledMessage[], { name, box }: NamedFolder): void {
  const others = messages.filter((message) => box !== null && message.box !== box);
  if (others.length === 0) return;
  const ids = listIds(others.map(({ id }) => id));
  const [does, own] = box === "inbox"
    ? ["you sent it", boxFolders.sent]
    : ["you received it", boxFolders.inbox];
  throw new MailError("usage", `Cannot move message ${ids} to ${name}: ${does}`, {
    hint: `Use ${own}, or another folder.`,
  });
}

/** Only what was received is read or unread. @throws {MailError} `usage` */
export function requireReceived(messages: readonly FiledMessage[]): void {
  const ids = messages.filter(({ box }) => box === "sent").map(({ id }) => id);
  if (ids.length === 0) return;
  throw new MailError("usage", `Cannot mark message ${listIds(ids)} as unread: you sent it`);
}

/** Reads how messages are filed. @throws {MailError} `no_such_message` naming unknown ids */
export async function readFiled(
  filed: { read(ids: readonly EntryId[]): Promise<FiledMessage[]> },
  ids: readonly EntryId[],
): Promise<FiledMessage[]> {
  const there = await filed.read(ids);
  const unknown = new Set(ids).difference(new Set(there.map(({ id }) => id)));
  if (unknown.size === 0) return there;
  throw new MailError("no_such_message", `Cannot find message ${listIds(unknown)}`, {
    hint: "Run `mailctl inbox` or `mailctl sent` for the list.",
  });
}

function named({ id, name, use }: Folder): NamedFolder {
  return { id, name, box: null, use };
}
