/** Which messages are opened before a program asks for them: those behind the last, once it goes through a folder. */
import { uidAtLeast } from "./by_uid.ts";
import type { FiledMail } from "./folder_state.ts";

/** The first time; four times as many each time that the program goes on. */
const first = 4;

export class ReadAhead {
  readonly #most: number;
  readonly #mostBytes: number;
  /** UIDs: what was asked for last, and the last that was told to be opened. */
  #asked = 0;
  #told = 0;
  #count = 0;

  /** `most`: how many are ahead at most, of so many sealed bytes. */
  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  /** Notes that a message of a folder was asked for; returns what to open now. `folder`: all messages of it, by UID. */
  next({ uid }: FiledMail, folder: readonly FiledMail[]): readonly FiledMail[] {
    if (uid === this.#asked) return [];
    const at = uidAtLeast(folder, uid);
    const goesOn = at > 0 && folder[at - 1]!.uid === this.#asked;
    this.#asked = uid;
    if (!goesOn) [this.#told, this.#count] = [uid, 0];
    else this.#count = Math.min(this.#most, 4 * this.#count || first);
    const from = Math.max(at + 1, uidAtLeast(folder, this.#told + 1));
    const ahead = folder.slice(at + 1, from);
    if (2 * ahead.length > this.#count) return []; // more together are fewer round trips
    let room = this.#mostBytes - ahead.reduce((sum, { sealedBytes }) => sum + sealedBytes, 0);
    const wanted = folder.slice(from, at + 1 + this.#count);
    const end = wanted.findIndex(({ sealedBytes }) => (room -= sealedBytes) < 0);
    const some = end < 0 ? wanted : wanted.slice(0, end);
    this.#told = some.at(-1)?.uid ?? this.#told;
    return some;
  }
}
