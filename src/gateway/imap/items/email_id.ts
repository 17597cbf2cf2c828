import type { EntryId } from "../../../model/ids.ts";

/** Names a message for EMAILID: another one for each copy. RFC 8474 5.1 */
export function emailId(id: EntryId): string {
  return `M${id}`;
}
