/** Bytes as a string of one character each, for regular expressions to look at. */

const bytesPerCall = 8 * 1024; // as many arguments as a call surely takes
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes bytes as characters U+0000 to U+00FF. */
export function byteString(bytes: Uint8Array): string {
  const decoded = decoder.decode(bytes);
  const isAscii = decoded.length === bytes.length && !decoded.includes("\ufffd");
  if (isAscii) return decoded; // as most text is: many times quicker
  let text = "";
  for (let at = 0; at < bytes.length; at += bytesPerCall) {
    const some: ArrayLike<number> = bytes.subarray(at, at + bytesPerCall);
    text += String.fromCharCode.apply(null, some as number[]); // not spread, which goes by an iterator
  }
  return text;
}

/** Copies a piece of a longer text of bytes: the piece alone would hold all of that for as long as it is kept. */
export function ownText(piece: string): string {
  return byteString(bytesOfString(piece));
}

/** Reads what `byteString` wrote. */
export function bytesOfString(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
