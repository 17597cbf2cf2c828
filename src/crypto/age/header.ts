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
const base64 = (bytes: number) => `([A-Za-z0-9+/]{${base64Characters(bytes)}})`;
const form = new RegExp(
  `^(${start}${base64(hybridCiphertextBytes)}\n${base64(wrappedKeyBytes)}\n---) ${
    base64(macBytes)
  }\n$`,
);

/** Bytes of every header. */
export const headerBytes = start.length + "\n\n--- \n".length +
  [hybridCiphertextBytes, wrappedKeyBytes, macBytes].map(base64Characters)
    .reduce((sum, characters) => sum + characters);

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
  const [, signed = "", share = "", body = "", mac = ""] =
    form.exec(new TextDecoder("latin1").decode(header)) ?? [];
  const stanza = { share: decode(share), body: decode(body) };
  const fileKey = await unwrapBy(identities, stanza);
  if (fileKey === null || !equalBytes(await macOf(fileKey, utf8(signed)), decode(mac))) {
    throw sealBroken();
  }
  return fileKey;
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

/** Takes the canonical form only: bits that are left over are zero. */
function decode(text: string): Bytes {
  const bytes = Uint8Array.fromBase64(text);
  if (bytes.length === 0 || encode(bytes) !== text) throw sealBroken();
  return bytes;
}
