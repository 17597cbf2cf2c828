/**
 * Only CRLF ends a line (RFC 5321 2.3.8). A lone CR or LF is refused wherever it stands: what two programs end at
 * different places can smuggle one message inside another.
 */

const lineFeed = 10;
const carriageReturn = 13;

export class StrictLines {
  #isAfterReturn = false;

  /** Goes over bytes, cut anywhere; says which character stands alone, or null. */
  take(bytes: Uint8Array): "LF" | "CR" | null {
    let isAfterReturn = this.#isAfterReturn;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (isAfterReturn !== (byte === lineFeed)) return isAfterReturn ? "CR" : "LF";
      isAfterReturn = byte === carriageReturn;
    }
    this.#isAfterReturn = isAfterReturn;
    return null;
  }
}
