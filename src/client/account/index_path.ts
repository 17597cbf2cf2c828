/** Where the search index of each account lies in a state folder. */
import { isThere } from "../../files/folder.ts";
import type { AccountName } from "../../model/address.ts";
import { bestEffort } from "../../model/promises.ts";
import { tryLockFile } from "../state_file.ts";

interface Whose {
  readonly server: string;
  readonly name: AccountName;
}

/** Where this machine keeps the index of an account's mail, as long as its login is saved. */
export function indexPath(
  folder: string,
  { server, name }: Whose,
): string {
  return `${indexFolder(folder)}/${encodeURIComponent(`${name}@${server}`)}`;
}

/** All of them. */
export function indexFolder(folder: string): string {
  return `${folder}/index`;
}

/**
 * Has an index be another account's. One that a program writes at this moment is removed: it would write on beside
 * whoever opens the index next.
 */
export async function moveIndex(folder: string, from: Whose, to: Whose): Promise<void> {
  const path = indexPath(folder, from);
  if (!await isThere(path)) return; // most have none
  const unlock = await tryLockFile(`${path}.lock`);
  await bestEffort(unlock === null ? Deno.remove(path) : Deno.rename(path, indexPath(folder, to)));
  unlock?.();
}
