/** Bytes as a string of one character each, for regular expressions to look at. */

const bytesPerCall = 8 * 1024; // as many arguments as a call surely takes

/** Writes bytes as characters U+0000 to U+00FF. */
export function byteString(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += bytesPerCall) {
    text += String.fromCharCode(...bytes.subarray(at, at + bytesPerCall));
  }
  return text;
}

/** Reads what `byteString` wrote. */
export function bytesOfString(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
