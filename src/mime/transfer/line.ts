/** A line of what is decoded, as its bytes come. */

/** RFC 5322 2.1.1, with its end. What is longer goes on as another. */
export const maxLineBytes = 1000;

export const lineFeed = 10;

/** What a line may end in, and be nothing but. */
export function isBlankByte(byte: number): boolean {
  return byte === 0x20 || byte >= 0x09 && byte <= 0x0d || byte === 0xa0;
}

/** Where the blanks at the end of a line begin. */
export function endOfText(line: Uint8Array, length: number): number {
  let end = length;
  while (end > 0 && isBlankByte(line[end - 1]!)) end--;
  return end;
}
