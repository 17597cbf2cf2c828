/** How addresses of pages name folders: by ids, which stay when folders are renamed and tell a browser's history nothing. */
import type { NamedFolder } from "../../client/filing/named_folder.ts";
import type { Box } from "../../model/message.ts";

/** A box's name for its own folder; of others, the id. */
export type FolderKey = Box | number;

export function keyOf({ id, box }: Pick<NamedFolder, "id" | "box">): FolderKey {
  return box ?? id;
}

/** Reads a key; null for what names no folder. */
export function parseKey(text: string): FolderKey | null {
  if (text === "inbox" || text === "sent") return text;
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}

/** Where the list of a folder is. */
export function folderHref(folder: Pick<NamedFolder, "id" | "box">): string {
  const key = keyOf(folder);
  return typeof key === "string" ? key : `folder?id=${key}`;
}
