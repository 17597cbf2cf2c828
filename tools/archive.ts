/** Writes tar archives (POSIX.1-1988 "ustar") that depend on their files' names and bytes alone. */

/** One file of an archive. */
export interface Entry {
  /** At most 100 bytes of ASCII. */
  readonly name: string;
  readonly mode: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const blockBytes = 512;

/** Yields the archive of `entries`, block after block. */
export function* archive(entries: Iterable<Entry>): Generator<Uint8Array<ArrayBuffer>> {
  for (const entry of entries) {
    yield header(entry);
    yield entry.bytes;
    yield new Uint8Array(-entry.bytes.length & (blockBytes - 1));
  }
  yield new Uint8Array(2 * blockBytes);
}

function header({ name, mode, bytes }: Entry): Uint8Array<ArrayBuffer> {
  if (name.length > 100) throw new Error(`Cannot archive ${name}: the limit is 100 characters`);
  const block = new Uint8Array(blockBytes);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7)); // the owner: never taken over when unpacking
  put(116, octal(0, 7));
  put(124, octal(bytes.length, 11));
  put(136, octal(0, 11)); // the time: left out, so that equal files make equal archives
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  put(148, `${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0`);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
