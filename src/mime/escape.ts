/** Bytes written as a mark and two hex digits: `=E9` in RFC 2047 and 2045, `%E9` in RFC 2231. */
import { utf8 } from "../model/bytes.ts";

/** Decodes the escapes of a text; what is no escape stays, as UTF-8. */
export function decodeEscapes(text: string, mark: "=" | "%"): Uint8Array {
  const bytes = utf8(text);
  const markByte = mark.charCodeAt(0);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    const value = byte === markByte ? hexByteAt(bytes, at + 1) : null;
    bytes[length++] = value ?? byte;
    if (value !== null) at += 2;
  }
  return bytes.subarray(0, length);
}

/** Reads the byte that two hex digits stand for; null where they are none. */
export function hexByteAt(bytes: Uint8Array, at: number): number | null {
  const high = hexDigit(bytes[at]);
  const low = hexDigit(bytes[at + 1]);
  return high < 0 || low < 0 ? null : high * 16 + low;
}

function hexDigit(byte = 0): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
