/** Uuencode on the way in (POSIX.1, uuencode), which programs wrote before there was base64. Never throws. */
import { byteString } from "../byte_string.ts";
import { endOfText, lineFeed, maxLineBytes } from "./line.ts";

const blank = 32;
const nothing = new Uint8Array();

/** Decodes uuencode, fed piece by piece. Lines outside of `begin` and `end` stay, but of a file those that are blank. */
export class UuDecoder {
  readonly #isText: boolean;
  readonly #line = new Uint8Array(maxLineBytes);
  #held = 0;
  #isInside = false;
  #out: Uint8Array = nothing;
  #length = 0;

  constructor(isText: boolean) {
    this.#isText = isText;
  }

  decode(piece: Uint8Array): Uint8Array {
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!;
      this.#line[this.#held++] = byte;
      if (byte === lineFeed || this.#held === maxLineBytes) this.#takeLine();
    }
    return this.#takeOut();
  }

  /** Decodes what is left of a line. */
  end(): Uint8Array {
    this.#takeLine();
    return this.#takeOut();
  }

  #takeLine(): void {
    const held = this.#held;
    this.#held = 0;
    const end = endOfText(this.#line, held);
    if (end === 0 && (!this.#isText || this.#isInside)) return;
    if (this.#isMark(end)) this.#isInside = !this.#isInside;
    else if (this.#isInside) this.#addDecoded(end);
    else {
      this.#makeRoom(held);
      this.#out.set(this.#line.subarray(0, held), this.#length);
      this.#length += held;
    }
  }

  #isMark(end: number): boolean {
    const first = this.#line[0];
    if (first !== (this.#isInside ? 0x65 : 0x62)) return false; // as nearly all lines
    const text = byteString(this.#line.subarray(0, end));
    return (this.#isInside ? /^end$/ : /^begin [0-7]{3,4}(?: |$)/).test(text);
  }

  /** The first character tells how many bytes follow. What is cut off of the others is blanks, which stand for nothing. */
  #addDecoded(end: number): void {
    const value = (at: number) => at < end ? (this.#line[at]! - blank) & 63 : 0;
    const count = value(0);
    this.#makeRoom(count);
    for (let at = 0; at < count; at++) {
      const group = 1 + 4 * Math.floor(at / 3);
      const bits = value(group) << 18 | value(group + 1) << 12 | value(group + 2) << 6 |
        value(group + 3);
      this.#out[this.#length++] = bits >> (16 - 8 * (at % 3));
    }
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(maxLineBytes, 2 * needed));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }

  #takeOut(): Uint8Array {
    const out = this.#out.subarray(0, this.#length);
    [this.#out, this.#length] = [nothing, 0];
    return out;
  }
}
