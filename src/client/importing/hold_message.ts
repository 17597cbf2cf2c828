/** Messages as they are found, read within bounds. */
import { boundBytes } from "../../mime/block.ts";
import { type Bytes, concatBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import type { OpenAccount } from "../account.ts";

/** A message up to this size is held whole, and not sealed before it is known that it is missing. */
const maxHeldBytes = 40 * 1024 * 1024;

/** Stops at what the server takes of a sealed body. @throws {MailError} `too_large` while reading */
export function bounded(
  content: AsyncIterable<Uint8Array>,
  { maxMessageBytes }: OpenAccount,
): AsyncGenerator<Uint8Array, void> {
  const most = Math.ceil(1.5 * maxMessageBytes);
  const reason = `it has more than ${most} bytes, the limit of the server`;
  return boundBytes(content, most, () => new MailError("too_large", reason));
}

/** Reads a message up to what may be held of one. */
export async function hold(
  source: AsyncIterator<Uint8Array>,
): Promise<{ readonly bytes: Bytes; readonly isWhole: boolean }> {
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; bytes <= maxHeldBytes;) {
    const { value, done } = await source.next();
    if (done) return { bytes: concatBytes(pieces), isWhole: true };
    pieces.push(value);
    bytes += value.length;
  }
  return { bytes: concatBytes(pieces), isWhole: false };
}
