/** Uuencode on the way in (POSIX.1, uuencode), which programs wrote before there was base64. Never throws. */
import { concatBytes } from "../../model/bytes.ts";
import { byteString } from "../byte_string.ts";

const lineFeed = 10;
const maxLineBytes = 1000; // RFC 5322 2.1.1; the format has no more than 62

/** Decodes uuencode, fed piece by piece. Lines outside of `begin` and `end` stay, but of a file those that are blank. */
export class UuDecoder {
  readonly #isText: boolean;
  #line: number[] = [];
  #isInside = false;

  constructor(isText: boolean) {
    this.#isText = isText;
  }

  decode(piece: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    for (const byte of piece) {
      this.#line.push(byte);
      if (byte === lineFeed || this.#line.length === maxLineBytes) out.push(this.end());
    }
    return concatBytes(out);
  }

  /** Decodes what is left of a line. */
  end(): Uint8Array {
    const line = Uint8Array.from(this.#line);
    const text = byteString(line).trimEnd();
    this.#line = [];
    const isMark = (this.#isInside ? /^end$/ : /^begin [0-7]{3,4}(?: |$)/).test(text);
    if (isMark) this.#isInside = !this.#isInside;
    if (isMark || text === "" && !this.#isText) return new Uint8Array();
    return this.#isInside ? decodeLine(text) : line;
  }
}

/** The first character tells how many bytes follow. What is cut off of the others is blanks, which stand for nothing. */
function decodeLine(text: string): Uint8Array {
  const value = (at: number) => ((text.charCodeAt(at) || 32) - 32) & 63;
  const out = new Uint8Array(value(0));
  for (let at = 0; at < out.length; at++) {
    const group = 1 + 4 * Math.floor(at / 3);
    const bits = value(group) << 18 | value(group + 1) << 12 | value(group + 2) << 6 |
      value(group + 3);
    out[at] = bits >> (16 - 8 * (at % 3));
  }
  return out;
}
