/** Which messages are recent: no session that may change their folder was told of them yet. RFC 3501 2.3.2 */
import type { MailFolder } from "./mail_folders.ts";

export class RecentMessages {
  readonly #start: number;
  readonly #told = new Map<MailFolder["key"], number>();

  /** `start`: no message up to this UID is recent, whatever its folder. */
  constructor(start: number) {
    this.#start = start;
  }

  /** Above this UID, all in the folder are recent. */
  above(key: MailFolder["key"]): number {
    return this.#told.get(key) ?? this.#start;
  }

  /** Notes that a session, which may change the folder, was told of all messages up to a UID. */
  noteTold(key: MailFolder["key"], uid: number): void {
    this.#told.set(key, Math.max(uid, this.above(key)));
  }
}
