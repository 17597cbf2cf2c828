/** Strings as a server writes them: RFC 9051 4.3 and 9. All text here has one character a byte. */
import { bytesOfString } from "../../mime/byte_string.ts";

const maxQuotedBytes = 1024; // a line of what is longer would be hard on the programs that read lines
const plain = /^[ !#-[\]-~]*$/; // what nearly all strings are
const beyondAscii = /[\x80-\xff]/;

const utf8Decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Writes a string: in quotes where it is short and one line, else as a literal; without NUL, which neither may have.
 * `isUtf8`: the client reads UTF-8 in quotes (UTF8=ACCEPT or IMAP4rev2).
 */
export function quote(text: string, isUtf8 = false): string {
  if (text.length <= maxQuotedBytes && plain.test(text)) return `"${text}"`;
  const whole = text.replaceAll("\0", "");
  return isQuotable(whole, isUtf8)
    ? `"${whole.replace(/["\\]/g, "\\$&")}"`
    : `${literalHead(whole.length)}${whole}`;
}

/** As `quote`; null is `NIL`. */
export function quoteOrNil(text: string | null, isUtf8 = false): string {
  return text === null ? "NIL" : quote(text, isUtf8);
}

/** What stands before the bytes of a literal. */
export function literalHead(bytes: number): string {
  return `{${bytes}}\r\n`;
}

function isQuotable(text: string, isUtf8: boolean): boolean {
  if (text.length > maxQuotedBytes || /[\r\n]/.test(text)) return false;
  return !beyondAscii.test(text) || (isUtf8 && isValidUtf8(text));
}

function isValidUtf8(text: string): boolean {
  try {
    utf8Decoder.decode(bytesOfString(text));
    return true;
  } catch {
    return false;
  }
}
