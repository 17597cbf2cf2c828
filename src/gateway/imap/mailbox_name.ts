/** Names of folders as a client writes and reads them: modified UTF-7 (RFC 3501 5.1.3), or UTF-8 once it is enabled. */
import { bytesOfString, byteString } from "../../mime/byte_string.ts";
import { decodeModifiedUtf7, encodeModifiedUtf7 } from "../../mime/modified_utf7.ts";
import { utf8 } from "../../model/bytes.ts";
import { Bad } from "./refusal.ts";
import { quote } from "./writer.ts";

/** Reads a name, a byte a character, in NFC. @throws {Bad} for what nobody may write */
export function decodeMailboxName(written: string, isUtf8: boolean): string {
  const name = (isUtf8 ? decodeUtf8(written) : decodeAscii(written)).normalize("NFC");
  return name.replace(/^inbox(?=$|\/)/i, "INBOX");
}

/** Writes a name as a string of the grammar. */
export function encodeMailboxName(name: string, isUtf8: boolean): string {
  return isUtf8 ? quote(byteString(utf8(name)), true) : quote(encodeModifiedUtf7(name));
}

function decodeAscii(written: string): string {
  const name = decodeModifiedUtf7(written);
  if (name === null) throw new Bad("The name is not in modified UTF-7");
  return name;
}

function decodeUtf8(written: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytesOfString(written),
    );
  } catch {
    throw new Bad("The name is not in UTF-8");
  }
}
