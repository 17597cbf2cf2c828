/**
 * Only CRLF ends a line (RFC 5321 2.3.8). A lone CR or LF is refused wherever it stands: two programs that end lines at
 * different places can be made to see one message inside another.
 */

const lineFeed = 10;
const carriageReturn = 13;

export interface CheckedBytes {
  /** Bytes before the fault; all of them if there is none. */
  readonly length: number;
  readonly fault: "bare_cr" | "bare_lf" | null;
}

export class LineCheck {
  #isAfterReturn = false;

  /** Goes over bytes, cut anywhere. Behind a fault there is nothing to go over. */
  take(bytes: Uint8Array): CheckedBytes {
    let isAfterReturn = this.#isAfterReturn;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (isAfterReturn !== (byte === lineFeed)) {
        return { length: at, fault: isAfterReturn ? "bare_cr" : "bare_lf" };
      }
      isAfterReturn = byte === carriageReturn;
    }
    this.#isAfterReturn = isAfterReturn;
    return { length: bytes.length, fault: null };
  }
}
