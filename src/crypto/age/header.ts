/**
 * The header of an age file for one reader: age-encryption.org/v1. It has one stanza, so that its length is always
 * the same, and every byte of it has its place: stricter than the format, which has room for more stanzas.
 */
import { type Bytes, concatBytes, equalBytes, utf8 } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";
import { deriveKeys } from "../derive.ts";
import { hmacSha256 } from "../hmac.ts";
import { hybridCiphertextBytes } from "../session/hybrid_kem.ts";
import {
  type AgeIdentity,
  type Stanza,
  stanzaType,
  wrapFileKey,
  wrappedKeyBytes,
} from "./stanza.ts";

const start = `age-encryption.org/v1\n-> ${stanzaType} `;
const macBytes = 32;
const base64Characters = (bytes: number) => Math.ceil(bytes * 4 / 3);
/** What a header has in base64: what stands before it, and how many bytes it is of. */
const fields = [
  [start, hybridCiphertextBytes],
  ["\n", wrappedKeyBytes],
  ["\n--- ", macBytes],
] as const;

/** Bytes of every header. */
export const headerBytes = fields.reduce(
  (sum, [before, bytes]) => sum + before.length + base64Characters(bytes),
  "\n".length,
);
/** Of them, those that the MAC is over. */
const signedBytes = headerBytes - base64Characters(macBytes) - " \n".length;

/** Writes the header of a file key, 16 bytes, for one recipient. @throws {MailError} `bad_signature` for what is none */
export async function sealHeader(recipient: string, fileKey: Uint8Array): Promise<Bytes> {
  const { share, body } = await wrapFileKey(recipient, fileKey);
  const signed = utf8(`${start}${encode(share)}\n${encode(body)}\n---`);
  return concatBytes([signed, utf8(` ${encode(await macOf(fileKey, signed))}\n`)]);
}

/**
 * Reads a header of `headerBytes`: the file key for the first identity that it is for, once the MAC was found to hold.
 * @throws {MailError} `bad_signature`, the same for every cause
 */
export async function openHeader(
  identities: readonly AgeIdentity[],
  header: Uint8Array,
): Promise<Bytes> {
  const [share, body, mac] = readFields(header);
  const fileKey = await unwrapBy(identities, { share, body });
  const signed = header.subarray(0, signedBytes);
  if (fileKey === null || !equalBytes(await macOf(fileKey, signed), mac)) throw sealBroken();
  return fileKey;
}

function readFields(header: Uint8Array): [share: Bytes, body: Bytes, mac: Bytes] {
  const text = new TextDecoder("latin1").decode(header);
  let at = 0;
  const read = fields.map(([before, bytes]) => {
    if (!text.startsWith(before, at)) throw sealBroken();
    at += before.length + base64Characters(bytes);
    return decode(text.slice(at - base64Characters(bytes), at));
  });
  if (text.slice(at) !== "\n") throw sealBroken();
  return read as [Bytes, Bytes, Bytes];
}

async function unwrapBy(
  identities: readonly AgeIdentity[],
  stanza: Stanza,
): Promise<Bytes | null> {
  for (const identity of identities) {
    const fileKey = await identity.unwrapFileKey(stanza);
    if (fileKey !== null) return fileKey;
  }
  return null;
}

async function macOf(fileKey: Uint8Array, signed: Uint8Array): Promise<Bytes> {
  const [key] = await deriveKeys(fileKey, ["header"]);
  return await hmacSha256(key!, [signed]);
}

function encode(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}

/** Takes the canonical form only: no blanks, and bits that are left over are zero. */
function decode(text: string): Bytes {
  try {
    const bytes = Uint8Array.fromBase64(text);
    if (encode(bytes) === text) return bytes;
  } catch {
    // told below as every other fault
  }
  throw sealBroken();
}
