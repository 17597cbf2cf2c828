/** What an age header may be before it is given to a parser: short, and for one reader. WIRE.md 8.2. */
import { type Bytes, concatBytes } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";

/** Hands an age file on once its header was checked. @throws {MailError} `bad_signature` */
export async function* checkAgeHeader(
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let start: Bytes = new Uint8Array(0);
  let checked = false;
  for await (const chunk of file) {
    if (checked) {
      yield chunk;
      continue;
    }
    start = concatBytes([start, chunk]);
    checked = isWholeHeader(start);
    if (checked) yield start;
  }
  if (!checked) throw sealBroken();
}

/** False while more is needed. @throws {MailError} `bad_signature` for a header that is too long or for several */
function isWholeHeader(start: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(start.subarray(0, limits.maxAgeHeaderBytes));
  const end = text.indexOf("\n--- ");
  if (end < 0 && text.length === limits.maxAgeHeaderBytes) throw sealBroken();
  if (text.slice(0, end < 0 ? undefined : end).split("\n-> ").length > 2) throw sealBroken();
  return end >= 0;
}
