/** What a message says, whoever wrote it down: a program may write the copy that it keeps otherwise than what it sends. */
import { createHash } from "node:crypto";
import { parseParts } from "../../mime/parse.ts";
import { isFailure } from "../../model/errors.ts";

/**
 * Digests the parts of a message: what each is, its name and its content, decoded. Line breaks do not count, nor how it
 * is divided, nor what stands before and behind the parts. Null: it cannot be parted. @throws {MailError} as the source
 */
export async function contentDigest(message: AsyncIterable<Uint8Array>): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    for await (const { part: { type, fileName }, content } of parseParts(message)) {
      hash.update(`\n${JSON.stringify([type, fileName])}\n`);
      for await (const piece of content) hash.update(piece.filter(isInLine));
    }
  } catch (error) {
    if (isFailure(error, "too_large")) return null;
    throw error;
  }
  return hash.digest("hex");
}

function isInLine(byte: number): boolean {
  return byte !== 10 && byte !== 13;
}
