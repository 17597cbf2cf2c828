/** The key schedule and the seal of HPKE (RFC 9180), base mode, for one message and a secret that was agreed on. */
import { type Bytes, concatBytes, plain, utf8 } from "../../model/bytes.ts";
import { hmacSha256 } from "../hmac.ts";

/** MLKEM768-X25519, HKDF-SHA-256, ChaCha20-Poly1305. */
const suite = concatBytes([utf8("HPKE"), Uint8Array.of(0x64, 0x7a, 0, 1, 0, 3)]);
const nothing = new Uint8Array(0);

/** Seals the only message of its secret. */
export async function sealHpke(
  secret: Uint8Array,
  info: string,
  message: Uint8Array,
): Promise<Bytes> {
  const { key, algorithm } = await schedule(secret, info);
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plain(message)));
}

/** Opens what `sealHpke` made; null where it does not open. */
export async function openHpke(
  secret: Uint8Array,
  info: string,
  sealed: Uint8Array,
): Promise<Bytes | null> {
  const { key, algorithm } = await schedule(secret, info);
  return await crypto.subtle.decrypt(algorithm, key, plain(sealed))
    .then((opened) => new Uint8Array(opened), () => null);
}

/** RFC 9180 5.1 */
async function schedule(secret: Uint8Array, info: string) {
  const [context, prk] = await Promise.all([
    contextOf(info),
    extract(secret, "secret", nothing),
  ]);
  const [raw, iv] = await Promise.all([
    expand(prk, "key", context, 32),
    expand(prk, "base_nonce", context, 12),
  ]);
  const name = "ChaCha20-Poly1305";
  const format = "raw-secret" as "raw"; // in the runtime, but not yet in TypeScript's library
  const key = await crypto.subtle.importKey(format, raw, name, false, ["encrypt", "decrypt"]);
  return { key, algorithm: { name, iv } };
}

/** What all messages with the same `info` have in common, by it: there are few, and many messages. */
const contexts = new Map<string, Promise<Bytes>>();

function contextOf(info: string): Promise<Bytes> {
  return contexts.getOrInsertComputed(info, makeContext);
}

async function makeContext(info: string): Promise<Bytes> {
  const [pskIdHash, infoHash] = await Promise.all([
    extract(nothing, "psk_id_hash", nothing),
    extract(nothing, "info_hash", utf8(info)),
  ]);
  return concatBytes([Uint8Array.of(0), pskIdHash, infoHash]);
}

/** RFC 9180 4, LabeledExtract. A salt of no bytes is as one of zeros (RFC 5869 2.2). */
function extract(salt: Uint8Array, label: string, input: Uint8Array): Promise<Bytes> {
  const key = salt.length === 0 ? new Uint8Array(32) : salt;
  return hmacSha256(key, [utf8("HPKE-v1"), suite, utf8(label), input]);
}

/** RFC 9180 4, LabeledExpand, of 32 bytes at most. */
async function expand(
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Promise<Bytes> {
  const labeled = [Uint8Array.of(0, length), utf8("HPKE-v1"), suite, utf8(label), info];
  return (await hmacSha256(prk, [...labeled, Uint8Array.of(1)])).slice(0, length);
}
