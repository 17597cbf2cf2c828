/**
 * The body of a message, sealed and opened as it streams by. Its payload is sealed once; every reader gets an age
 * header of their own for it, so that each has a whole age file and none sees how many others there are. WIRE.md 8.3.
 */
import { openFileStream } from "../age/file.ts";
import { headerBytes, sealHeader } from "../age/header.ts";
import { contentBytes, generateFileKey, sealPayload } from "../age/payload.ts";
import { AgeIdentity } from "../age/stanza.ts";
import type { Bytes } from "../../model/bytes.ts";

export interface SealedBody {
  /** One age header a recipient, in the order they were given. */
  readonly headers: readonly Bytes[];
  /** The payload that goes behind any of the headers. */
  readonly payload: AsyncIterable<Uint8Array>;
}

/** Seals a body to age recipients. The payload must be read to its end. */
export async function sealBody(
  source: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): Promise<SealedBody> {
  const fileKey = generateFileKey();
  const headers = await Promise.all(recipients.map((recipient) => sealHeader(recipient, fileKey)));
  return { headers, payload: sealPayload(fileKey, source) };
}

/**
 * Opens a whole age file as it comes, with any of the identities. Each chunk is authentic when handed out, yet not known to be the sender's.
 * @throws {MailError} `bad_signature` while reading, the same for every cause.
 */
export function openBody(
  identities: string | readonly string[],
  sealed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  return openFileStream([identities].flat().map((each) => new AgeIdentity(each)), sealed);
}

/** Bytes of a body that takes so many sealed, as a whole age file for one reader. */
export function openBytes(sealedBytes: number): number {
  return contentBytes(sealedBytes - headerBytes);
}
