/** What an upload takes. */
import { limits } from "../../model/limits.ts";
import { badChunk } from "../failures.ts";

/** @throws {MailError} `malformed` for a chunk that is not 1 to `limits.chunkBytes` long */
export function requireChunk({ length }: Uint8Array): void {
  if (length < 1 || length > limits.chunkBytes) throw badChunk(length, limits.chunkBytes);
}
