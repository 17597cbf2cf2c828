/** Names of folders as a client writes and reads them: modified UTF-7 (RFC 3501 5.1.3), or UTF-8 once it is enabled. */
import { bytesOfString, byteString } from "../../mime/byte_string.ts";
import { decodeModifiedUtf7, encodeModifiedUtf7 } from "../../mime/modified_utf7.ts";
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

function decodeUtf8(written: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytesOfString(written),
    );
  } catch {
    return null;
  }
}
