/** Whether a message was seen under its id: until then, the server could show any message by it. */
import { MailError } from "../../model/errors.ts";
import type { ListedMessage } from "./opened_entry.ts";

/** Refuses to act on a message by an id under which nobody saw it. `act`: such as "answer". @throws {MailError} `denied` */
export function requireSeen(
  { id, isKnown, outcome }: Pick<ListedMessage, "id" | "isKnown" | "outcome">,
  act: string,
): void {
  if (isKnown || outcome === "notice") return;
  throw new MailError("denied", `Cannot ${act} message ${id}: nothing shows that you saw it`, {
    hint: `Run \`mailctl read ${id}\` first.`,
  });
}
