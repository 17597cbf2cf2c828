/** Whole age files for one reader, which `age -d` opens: age-encryption.org/v1. */
import { type Bytes, concatBytes, streamOf } from "../../model/bytes.ts";
import { withStart } from "./chunks.ts";
import { headerBytes, openHeader, sealHeader } from "./header.ts";
import { generateFileKey, openPayload, openShortPayload, sealPayload } from "./payload.ts";
import type { AgeIdentity } from "./stanza.ts";

/** Seals a short message to one recipient. @throws {MailError} `bad_signature` for what is none */
export async function sealFile(recipient: string, message: Uint8Array): Promise<Bytes> {
  const fileKey = generateFileKey();
  const [header, payload] = await Promise.all([
    sealHeader(recipient, fileKey),
    Array.fromAsync(sealPayload(fileKey, streamOf(message))),
  ]);
  return concatBytes([header, ...payload]);
}

/** Opens a short file, with any of the identities. @throws {MailError} `bad_signature`, the same for every cause */
export async function openFile(
  identities: readonly AgeIdentity[],
  file: Uint8Array,
): Promise<Bytes> {
  const fileKey = await openHeader(identities, file.subarray(0, headerBytes));
  return await openShortPayload(fileKey, file.subarray(headerBytes));
}

/** Opens a file as it comes. @throws {MailError} as `openPayload` */
export function openFileStream(
  identities: readonly AgeIdentity[],
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<Bytes, void> {
  return withStart(file, headerBytes, async function* (header, payload) {
    yield* openPayload(await openHeader(identities, header), payload);
  });
}

/** Seals content to one recipient as it is read. @throws {MailError} `bad_signature` for what is none */
export async function* sealFileStream(
  recipient: string,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Bytes, void> {
  const fileKey = generateFileKey();
  let header: Bytes | null = await sealHeader(recipient, fileKey);
  for await (const chunk of sealPayload(fileKey, content)) {
    yield header === null ? chunk : concatBytes([header, chunk]);
    header = null;
  }
}
