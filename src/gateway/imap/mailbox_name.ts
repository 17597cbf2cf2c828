/** Names of folders as a client writes and reads them: modified UTF-7 (RFC 3501 5.1.3), or UTF-8 once it is enabled. */
import { bytesOfString, byteString } from "../../mime/byte_string.ts";
import { utf8 } from "../../model/bytes.ts";
import { quote } from "./writer.ts";

/** Reads a name, a byte a character, in NFC; null for what nobody may write: no folder has such a name. */
export function decodeMailboxName(written: string, isUtf8: boolean): string | null {
  const name = isUtf8 ? decodeUtf8(written) : decodeModifiedUtf7(written);
  return name?.normalize("NFC").replace(/^inbox(?=$|\/)/i, "INBOX") ?? null;
}

/** Writes a name as a string of the grammar. */
export function encodeMailboxName(name: string, isUtf8: boolean): string {
  return isUtf8 ? quote(byteString(utf8(name)), true) : quote(encodeModifiedUtf7(name));
}

/** `&` and what is not printable ASCII stand as base 64 of UTF-16, between `&` and `-`. */
export function encodeModifiedUtf7(name: string): string {
  return name.replace(/&|[^ -~]+/g, (run) => run === "&" ? "&-" : `&${base64Of(run)}-`);
}

/** Null for what `encodeModifiedUtf7` never writes. */
export function decodeModifiedUtf7(written: string): string | null {
  const name = written.replace(
    /&([A-Za-z0-9+,]*)-/g,
    (_, base64: string) => base64 === "" ? "&" : utf16Of(base64),
  );
  return encodeModifiedUtf7(name) === written ? name : null;
}

function decodeUtf8(written: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytesOfString(written),
    );
  } catch {
    return null;
  }
}

function base64Of(text: string): string {
  const bytes = new Uint8Array(text.length * 2);
  for (let at = 0; at < text.length; at++) {
    bytes[2 * at] = text.charCodeAt(at) >> 8;
    bytes[2 * at + 1] = text.charCodeAt(at) & 0xff;
  }
  return bytes.toBase64({ omitPadding: true }).replaceAll("/", ",");
}

/** What cannot be read is read as nothing: written again it is something else. */
function utf16Of(base64: string): string {
  try {
    const bytes = Uint8Array.fromBase64(base64.replaceAll(",", "/"));
    const text = new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text;
  } catch {
    return "";
  }
}
