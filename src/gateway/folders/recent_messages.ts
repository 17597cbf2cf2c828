/** Which messages are recent: no session that may change their folder was told of them yet. RFC 3501 2.3.2 */
import type { Box } from "../../model/message.ts";

/** As `MailFolder` has it. */
type Key = number | Box;

export class RecentMessages {
  readonly #start: number;
  readonly #told = new Map<Key, number>();

  /** `start`: no message up to this UID is recent, whatever its folder. */
  constructor(start: number) {
    this.#start = start;
  }

  /** Above this UID, all in the folder are recent. */
  above(key: Key): number {
    return this.#told.get(key) ?? this.#start;
  }

  /** Notes that a session, which may change the folder, was told of all messages up to a UID. */
  noteTold(key: Key, uid: number): void {
    this.#told.set(key, Math.max(uid, this.above(key)));
  }
}
