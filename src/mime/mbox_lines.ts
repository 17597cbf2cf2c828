/** The lines of an mbox file, as they are read. */

const lf = 10;

/** A line of the file, without its end. */
export interface Line {
  readonly bytes: Uint8Array;
  /** Bytes in the file, its end among them. */
  readonly length: number;
  readonly isStart: boolean;
  /** False where more of it follows. */
  readonly isWhole: boolean;
}

export function isBlank({ bytes, isStart, isWhole }: Line): boolean {
  return isStart && isWhole && bytes.length === 0;
}

/** Lines as they stand in the file: an object for each of millions would take many times as much. */
export class HeldLines {
  #kept = new Uint8Array(0);
  bytes = 0;

  /** The first one begins a line. */
  add({ bytes, isWhole }: Line): void {
    const end = this.bytes + bytes.length;
    if (end >= this.#kept.length) {
      this.#kept = new Uint8Array(this.#kept.buffer.transfer(2 * end + 1));
    }
    this.#kept.set(bytes, this.bytes);
    if (isWhole) this.#kept[end] = lf;
    this.bytes = end + (isWhole ? 1 : 0);
  }

  *lines(): Generator<Line> {
    const kept = this.#kept.subarray(0, this.bytes);
    for (let at = 0; at < kept.length;) {
      const feed = kept.indexOf(lf, at);
      const end = feed < 0 ? kept.length : feed;
      const line = { bytes: kept.subarray(at, end), length: end + 1 - at };
      yield { ...line, isStart: true, isWhole: feed >= 0 };
      at = end + 1;
    }
  }
}
