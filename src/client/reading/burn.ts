/** Mail that burns: it is erased when it is read, so nothing but reading it opens it. */
import type { EntryId } from "../../model/ids.ts";
import { MailError } from "../../model/errors.ts";
import type { ListedMessage } from "./opened_entry.ts";

type Known = Pick<ListedMessage, "id" | "box" | "burn" | "sealedBytes">;

/** True where reading it erases it: one's own copy of what one sent stays until others have read theirs. */
export function burnsWhenRead({ box, burn }: Pick<Known, "box" | "burn">): boolean {
  return burn && box === "inbox";
}

/** Refuses what would read without erasing. @throws {MailError} `denied` */
export function requireKept(message: Known, act: string): void {
  if (burnsWhenRead(message)) throw mayNot(message.id, act);
}

export function mayNot(id: EntryId, act: string): MailError {
  return new MailError("denied", `Cannot ${act} message ${id}: it burns, so it can only be read`);
}

/** True for an own copy of which the headers are left. */
export function isBurnt({ burn, sealedBytes }: Pick<Known, "burn" | "sealedBytes">): boolean {
  return burn && sealedBytes === 0;
}

export function burnt(id: EntryId): MailError {
  return new MailError(
    "no_such_message",
    `Cannot read message ${id}: its body was erased when the last recipient had read it`,
  );
}
