/** What a message says, whoever wrote it down: a program may write the copy that it keeps otherwise than what it sends. */
import { createHash } from "node:crypto";
import { parseParts } from "../../mime/parse.ts";
import { isFailure } from "../../model/errors.ts";

/**
 * Digests the parts of a message: what each is, its name and its content, decoded. How lines end does not count, nor line
 * breaks behind a part, nor what stands before and behind the parts. Null: it cannot be parted.
 * @throws {MailError} as the source
 */
export async function contentDigest(message: AsyncIterable<Uint8Array>): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    for await (const { part: { type, charset, fileName }, content } of parseParts(message)) {
      const facts = [type, charset ?? "us-ascii", fileName, await textDigest(content)];
      hash.update(`${JSON.stringify(facts)}\n`);
    }
  } catch (error) {
    if (isFailure(error, "too_large")) return null;
    throw error;
  }
  return hash.digest("hex");
}

async function textDigest(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  let breaks = 0;
  for await (const piece of content) {
    const lines = withoutReturns(piece);
    const end = lines.findLastIndex((byte) => byte !== lineFeed) + 1;
    if (end > 0) {
      for (; breaks > 0; breaks -= breaksAtOnce) {
        hash.update("\n".repeat(Math.min(breaks, breaksAtOnce)));
      }
      hash.update(lines.subarray(0, end));
      breaks = 0;
    }
    breaks += lines.length - end;
  }
  return hash.digest("hex");
}

const [lineFeed, carriageReturn] = [10, 13];
const breaksAtOnce = 64 * 1024;

function withoutReturns(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(carriageReturn)) return bytes;
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== carriageReturn) out[length++] = bytes[at]!;
  }
  return out.subarray(0, length);
}
