/** The content of a message as DATA has it (RFC 5321 4.5.2): dots that were doubled taken out, up to the line of one dot. */
import { concatBytes } from "../../model/bytes.ts";

const lineFeed = 10;
const carriageReturn = 13;
const dot = 46;

export interface TakenBytes {
  readonly content: Uint8Array;
  /** What follows the end of the message; null: that has not come yet. */
  readonly rest: Uint8Array | null;
}

export class DotReader {
  /** A dot that begins a line, and what may be the line's end: more has to come to tell what it is. */
  #held: Uint8Array = new Uint8Array();
  #isLineStart = true;

  /** Takes bytes, cut anywhere; every CR among them is followed by LF. */
  take(bytes: Uint8Array): TakenBytes {
    const all = this.#held.length === 0 ? bytes : concatBytes([this.#held, bytes]);
    this.#held = new Uint8Array();
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (let at = all.indexOf(dot); at >= 0; at = all.indexOf(dot, at + 1)) {
      if (at === 0 ? !this.#isLineStart : all[at - 1] !== lineFeed) continue;
      pieces.push(all.subarray(from, at));
      from = at + 1;
      const [next, last] = [all[at + 1], all[at + 2]];
      if (next === undefined || next === carriageReturn && last === undefined) {
        this.#held = all.slice(at);
        from = all.length;
      } else if (next === carriageReturn && last === lineFeed) {
        return { content: concatBytes(pieces), rest: all.subarray(at + 3) };
      }
    }
    if (all.length > 0) this.#isLineStart = this.#held.length > 0 || all.at(-1) === lineFeed;
    return { content: from === 0 ? all : concatBytes([...pieces, all.subarray(from)]), rest: null };
  }
}
