/** What `export` calls its files in a Maildir: the id, whose it is, and whether it was sent, which no other program tells. */
import type { EntryId } from "../../../model/ids.ts";
import type { Box } from "../../../model/message.ts";

/** The part of a name that never changes. */
export function uniqueName(id: EntryId, box: Box, address: string): string {
  return `${id}.mailctl${box === "sent" ? "-sent" : ""}.${ownerPart(address)}`;
}

/** The box of a file that `export` wrote; undefined for others. */
export function boxOfUnique(name: string): Box | undefined {
  const found = /^\d+\.mailctl(-sent)?\../.exec(name);
  if (found === null) return undefined;
  return found[1] === undefined ? "inbox" : "sent";
}

/** The id in the name of a file that `export` wrote for an account; null for others. */
export function idOfUnique(name: string, address: string): number | null {
  const [, id, owner] = /^(\d+)\.mailctl(?:-sent)?\.(.+)$/.exec(name) ?? [];
  return owner === ownerPart(address) ? Number(id) : null;
}

function ownerPart(address: string): string {
  return address.replaceAll(/[/:]/g, "_");
}
