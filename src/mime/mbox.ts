/** Messages in one mbox file: RFC 4155, with lines quoted as mboxrd has it, so that quoting can be undone exactly. */
import { utf8 } from "../model/bytes.ts";

const [lf, cr, quote] = [10, 13, 62];
const fromWord = utf8("From ");

/** Writes one message: its separator line, its lines with LF ends, and an empty line. `date`: milliseconds since 1970. */
export async function* mboxEntry(
  sender: string,
  date: number,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield utf8(`From ${sender} ${separatorTime(date)}\n`);
  const lines = new Lines();
  for await (const piece of source) yield lines.add(piece);
  yield lines.end();
}

/** asctime(3) in UTC: `Sat Nov 21 09:05:00 2026`. */
function separatorTime(date: number): string {
  const [, weekday, day, month, year, time] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(date).toUTCString()) ?? [];
  if (weekday === undefined) return separatorTime(0); // a sender's clock that is out of all bounds
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}

/** Lines that come in pieces. What begins one is held back until it is clear whether it has to be quoted. */
class Lines {
  /** Null within a line; else how far the quotes and the word at its beginning are. */
  #start: { quotes: number; matched: number } | null = { quotes: 0, matched: 0 };
  #heldCr = false;
  #out = new Uint8Array(0);
  #used = 0;

  add(piece: Uint8Array): Uint8Array {
    this.#begin(piece.length);
    for (const byte of piece) this.#take(byte);
    return this.#out.subarray(0, this.#used);
  }

  end(): Uint8Array {
    this.#begin(0);
    if (this.#heldCr) this.#within(cr);
    const isOpen = this.#start === null || this.#start.quotes > 0 || this.#start.matched > 0;
    this.#release(false);
    if (isOpen) this.#put(lf);
    this.#put(lf);
    return this.#out.subarray(0, this.#used);
  }

  /** Every byte comes out at most once, and a quote a line: lines have two bytes or more but for empty ones. */
  #begin(bytes: number): void {
    const held = this.#start === null ? 0 : this.#start.quotes + this.#start.matched;
    this.#out = new Uint8Array(2 * bytes + held + 8);
    this.#used = 0;
  }

  #take(byte: number): void {
    if (this.#heldCr) {
      this.#heldCr = false;
      if (byte !== lf) this.#within(cr);
    }
    if (byte === cr) this.#heldCr = true;
    else if (byte === lf) this.#endLine();
    else this.#within(byte);
  }

  #within(byte: number): void {
    const start = this.#start;
    if (start === null) return this.#put(byte);
    if (start.matched === 0 && byte === quote) start.quotes++;
    else if (byte === fromWord[start.matched]) {
      if (++start.matched === fromWord.length) this.#release(true);
    } else {
      this.#release(false);
      this.#put(byte);
    }
  }

  #endLine(): void {
    this.#release(false);
    this.#put(lf);
    this.#start = { quotes: 0, matched: 0 };
  }

  /** Lets out what was held back, behind one more quote where it would be taken for a separator. */
  #release(quoted: boolean): void {
    const start = this.#start;
    this.#start = null;
    if (start === null) return;
    for (let n = quoted ? -1 : 0; n < start.quotes; n++) this.#put(quote);
    for (const byte of fromWord.subarray(0, start.matched)) this.#put(byte);
  }

  #put(byte: number): void {
    this.#out[this.#used++] = byte;
  }
}
