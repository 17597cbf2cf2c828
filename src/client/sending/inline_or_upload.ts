/** Where the body of a message travels. */
import type { UploadId } from "../../model/ids.ts";
import { concatBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import type { RequestOf } from "../../wire/operations.ts";

/** Puts a small body into the request itself, and uploads a larger one. */
export async function placeBody(
  upload: (source: AsyncIterable<Uint8Array>) => Promise<{ readonly upload: UploadId }>,
  payload: AsyncIterable<Uint8Array>,
): Promise<Pick<RequestOf<"send">, "body" | "upload">> {
  const chunks = payload[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= limits.maxInlineBodyBytes) {
    const { value, done } = await chunks.next();
    if (done) return { body: concatBytes(first), upload: null };
    first.push(value);
    bytes += value.length;
  }
  const rest = async function* () {
    yield* first;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  return { body: null, upload: (await upload(rest())).upload };
}
