/** The header of a message on its way, read before anything is done with it; the message goes on unchanged. */
import { concatBytes } from "../model/bytes.ts";
import { limits } from "../model/limits.ts";
import { reblock, startWith } from "./block.ts";
import { byteString } from "./byte_string.ts";
import { type Header, headerTooLong, parseHeader } from "./header/header.ts";

export interface Peeked {
  readonly header: Header;
  /** The header as it came, without the blank line. */
  readonly headerBytes: Uint8Array;
  /** All of the message, once, header included. Giving it up gives the source up. */
  readonly whole: AsyncGenerator<Uint8Array>;
}

/** Reads up to the blank line (CRLF), or to the end. @throws {MailError} `too_large`: over `limits.maxHeaderBytes` */
export async function peekHeader(source: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const blocks = reblock(source);
  let seen = concatBytes([]);
  let end = -1;
  while (end < 0) {
    const next = await blocks.next();
    if (!next.done) seen = concatBytes([seen, next.value]);
    end = next.done ? seen.length : endOf(seen);
    if ((end < 0 ? seen.length : end) > limits.maxHeaderBytes) throw headerTooLong();
  }
  const headerBytes = seen.subarray(0, end);
  return { header: parseHeader(seen), headerBytes, whole: startWith(seen, blocks) };
}

/** Where the header ends; negative where that has not come yet. */
function endOf(seen: Uint8Array): number {
  const text = byteString(seen);
  return text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n");
}
