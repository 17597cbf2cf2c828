/** Where the search index of each account lies in a state folder. */
import type { AccountName } from "../../model/address.ts";

/** Where this machine keeps the index of an account's mail, as long as its login is saved. */
export function indexPath(
  folder: string,
  { server, name }: { readonly server: string; readonly name: AccountName },
): string {
  return `${indexFolder(folder)}/${encodeURIComponent(`${name}@${server}`)}`;
}

/** All of them. */
export function indexFolder(folder: string): string {
  return `${folder}/index`;
}
