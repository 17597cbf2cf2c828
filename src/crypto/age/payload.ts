/**
 * The payload of an age file: a nonce, then chunks of 64 KiB, each sealed by ChaCha20-Poly1305 (STREAM).
 * age-encryption.org/v1, "Payload".
 */
import { type Bytes, concatBytes, freeBytes, randomBytes, streamOf } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";
import { inOrder } from "../../model/promises.ts";
import { ChachaOpener, ChachaSealer } from "../chacha.ts";
import { deriveKeys } from "../derive.ts";
import { cutChunks, withStart } from "./chunks.ts";

const fileKeyBytes = 16;
const nonceBytes = 16;
const chunkBytes = 64 * 1024;
const tagBytes = 16;
/** Chunks under way at once. */
const most = 4;

/** Makes the key of one payload, and of no other. */
export function generateFileKey(): Bytes {
  return randomBytes(fileKeyBytes);
}

/** Bytes of content in a payload that has so many: none where it cannot be one. */
export function contentBytes(payloadBytes: number): number {
  const chunks = payloadBytes - nonceBytes;
  return Math.max(0, chunks - tagBytes * Math.ceil(chunks / (chunkBytes + tagBytes)));
}

/** Seals content as it is read. */
export async function* sealPayload(
  fileKey: Uint8Array,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Bytes, void> {
  const nonce = randomBytes(nonceBytes);
  const sealer = new ChachaSealer(await keyOf(fileKey, nonce));
  yield* inOrder(cutChunks(content, chunkBytes), most, async ({ bytes, isLast }, index) => {
    const chunk = await sealer.seal(ivOf(index, isLast), bytes);
    freeBytes(bytes);
    return index === 0 ? concatBytes([nonce, chunk]) : chunk;
  });
}

/**
 * Opens a payload as it comes. Each chunk is authentic when it is handed out; that none is missing is known at the end.
 * @throws {MailError} `bad_signature`, the same for every cause but a failure of the source, which is told as it is
 */
export function openPayload(
  fileKey: Uint8Array,
  payload: AsyncIterable<Uint8Array>,
): AsyncGenerator<Bytes, void> {
  return withStart(payload, nonceBytes, async function* (nonce, rest) {
    const opener = new ChachaOpener(await keyOf(fileKey, nonce));
    yield* inOrder(
      cutChunks(rest, chunkBytes + tagBytes),
      most,
      async ({ bytes, isLast }, index) => {
        const isEmpty = bytes.length <= tagBytes;
        if (isEmpty && index > 0) throw sealBroken(); // it would be another spelling of the same content
        const chunk = await opener.open(ivOf(index, isLast), bytes)
          .catch((cause) => Promise.reject(sealBroken(cause)));
        freeBytes(bytes);
        return chunk;
      },
    );
  });
}

/** Opens a payload that is at hand. @throws {MailError} as `openPayload` */
export async function openShortPayload(fileKey: Uint8Array, payload: Uint8Array): Promise<Bytes> {
  if (payload.length > nonceBytes + chunkBytes + tagBytes) {
    return concatBytes(await Array.fromAsync(openPayload(fileKey, streamOf(payload))));
  }
  if (payload.length < nonceBytes) throw sealBroken();
  const opener = new ChachaOpener(await keyOf(fileKey, payload.slice(0, nonceBytes)));
  return await opener.open(ivOf(0, true), payload.subarray(nonceBytes))
    .catch((cause) => Promise.reject(sealBroken(cause)));
}

async function keyOf(fileKey: Uint8Array, nonce: Bytes): Promise<Bytes> {
  const [key] = await deriveKeys(fileKey, ["payload"], nonce);
  return key!;
}

/** The nonce of a chunk: its place in 11 bytes, then whether it is the last. */
function ivOf(index: number, isLast: boolean): Bytes {
  const iv = new Uint8Array(12);
  const view = new DataView(iv.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index % 2 ** 32);
  view.setUint8(11, isLast ? 1 : 0);
  return iv;
}
