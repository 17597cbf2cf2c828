/** The key schedule and the seal of HPKE (RFC 9180), base mode, for one message and a secret that was agreed on. */
import { type Bytes, concatBytes, plain, utf8 } from "../../model/bytes.ts";
import { ChachaOpener, ChachaSealer } from "../chacha.ts";
import { hmacSha256 } from "../hmac.ts";
import { syncCrypto } from "../sync_crypto.ts";

/** MLKEM768-X25519, HKDF-SHA-256, ChaCha20-Poly1305. */
const suite = concatBytes([utf8("HPKE"), Uint8Array.of(0x64, 0x7a, 0, 1, 0, 3)]);
const version = utf8("HPKE-v1");

/** Seals the only message of its secret. */
export async function sealHpke(
  secret: Uint8Array,
  info: string,
  message: Uint8Array,
): Promise<Bytes> {
  const { key, iv } = await schedule(secret, info);
  return await new ChachaSealer(key).seal(iv, message);
}

/** Opens what `sealHpke` made; null where it does not open. */
export async function openHpke(
  secret: Uint8Array,
  info: string,
  sealed: Uint8Array,
): Promise<Bytes | null> {
  const { key, iv } = await schedule(secret, info);
  return await new ChachaOpener(key).open(iv, sealed).catch(() => null);
}

/**
 * RFC 9180 5.1: what is extracted with the secret as its salt and nothing as its input is expanded twice, which for
 * values of 32 bytes at most is HKDF as Web Crypto has it.
 */
async function schedule(secret: Uint8Array, info: string) {
  const labels = await labelsOf(info);
  const [key, iv] = await Promise.all([
    derive(secret, labels.key, 32),
    derive(secret, labels.iv, 12),
  ]);
  return { key, iv };
}

/** The labeled input of every secret: there is no pre-shared key. */
const input = concatBytes([version, suite, utf8("secret")]);
let inputKey: Promise<CryptoKey> | null = null;

async function derive(salt: Uint8Array, info: Bytes, length: number): Promise<Bytes> {
  const sync = syncCrypto();
  if (sync !== null) return sync.hkdfSha256({ secret: input, salt, info }, length);
  const key = await (inputKey ??= importInput());
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: plain(salt), info };
  return new Uint8Array(await crypto.subtle.deriveBits(hkdf, key, 8 * length));
}

function importInput(): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", input, "HKDF", false, ["deriveBits"]);
}

/** What all messages with the same `info` have in common, by it: there are few, and many messages. */
const knownLabels = new Map<string, Promise<Labels>>();

/** What keys and nonces are expanded with. */
interface Labels {
  readonly key: Bytes;
  readonly iv: Bytes;
}

function labelsOf(info: string): Promise<Labels> {
  return knownLabels.getOrInsertComputed(info, makeLabels);
}

/** RFC 9180 4, LabeledExpand. */
async function makeLabels(info: string): Promise<Labels> {
  const context = await contextOf(info);
  const labeled = (label: string, length: number) =>
    concatBytes([Uint8Array.of(0, length), version, suite, utf8(label), context]);
  return { key: labeled("key", 32), iv: labeled("base_nonce", 12) };
}

async function contextOf(info: string): Promise<Bytes> {
  const [pskIdHash, infoHash] = await Promise.all([
    extract("psk_id_hash", new Uint8Array(0)),
    extract("info_hash", utf8(info)),
  ]);
  return concatBytes([Uint8Array.of(0), pskIdHash, infoHash]);
}

/** RFC 9180 4, LabeledExtract, without a salt, which is as one of zeros (RFC 5869 2.2). */
function extract(label: string, input: Uint8Array): Promise<Bytes> {
  return hmacSha256(new Uint8Array(32), [version, suite, utf8(label), input]);
}
