/** age v1 files (age-encryption.org/v1) with one `mlkem768x25519` stanza: WIRE 8.2, 8.3. */

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { deriveKey, insist, join, pieces, same, utf8 } from "./bytes.mjs";
import { decapsulate, encapsulate, schedule } from "./hybrid_kem.mjs";
import { u32, u8 } from "./fields.mjs";
import { base64nopad, bech32, chachaPoly, hmac, sha256 } from "./noble.mjs";

const stanzaName = "mlkem768x25519";
const stanzaInfo = "age-encryption.org/mlkem768x25519";
const chunkBytes = 65_536;
const tagBytes = 16;
const payloadNonceBytes = 16;
const headerPattern = new RegExp(
  `^(age-encryption\\.org/v1\n-> ${stanzaName} (\\S{1494})\n(\\S{43})\n---) (\\S{43})\n`,
);

function decodeBech32(text, prefix, length) {
  const { prefix: found, words } = bech32.decode(text, false);
  const decoded = bech32.fromWords(words);
  insist(
    found.toLowerCase() === prefix && decoded.length === length,
    `not a key of ${prefix}`,
  );
  return decoded;
}

/** WIRE 7.1 */
const publicKeyOf = (recipient) => decodeBech32(recipient, "age1pq", 1216);
/** WIRE 7.2 */
const seedOf = (identity) => decodeBech32(identity, "age-secret-key-pq-", 32);

const headerMac = (fileKey, head) =>
  hmac(sha256, deriveKey(fileKey, undefined, "header"), utf8(head));

function unwrapFileKey(ciphertext, wrapped, identity) {
  const { key, nonce } = schedule(
    decapsulate(ciphertext, seedOf(identity)),
    stanzaInfo,
  );
  return chachaPoly(key, nonce).decrypt(wrapped);
}

function openHeader(file, identity) {
  const match = headerPattern.exec(
    Buffer.from(file.subarray(0, 4096)).toString("latin1"),
  );
  insist(match !== null, "not an age header with one mlkem768x25519 stanza");
  const [header, head, ...fields] = match;
  const [ciphertext, wrapped, mac] = fields.map((field) => base64nopad.decode(field));
  const fileKey = unwrapFileKey(ciphertext, wrapped, identity);
  insist(same(headerMac(fileKey, head), mac), "the age header was changed");
  return { fileKey, headerBytes: header.length };
}

function sealHeader(fileKey, recipient) {
  const { ciphertext, secret } = encapsulate(publicKeyOf(recipient));
  const { key, nonce } = schedule(secret, stanzaInfo);
  const wrapped = chachaPoly(key, nonce).encrypt(fileKey);
  const stanza = `-> ${stanzaName} ${base64nopad.encode(ciphertext)}\n${
    base64nopad.encode(wrapped)
  }`;
  const head = `age-encryption.org/v1\n${stanza}\n---`;
  return utf8(`${head} ${base64nopad.encode(headerMac(fileKey, head))}\n`);
}

/** STREAM: 11 bytes of counter and one that says whether the chunk is the last. */
function chunkCipher(key, index, last) {
  const nonce = join(
    new Uint8Array(7),
    u32.write(index),
    u8.write(last ? 1 : 0),
  );
  return chachaPoly(key, nonce);
}

/** The payload of WIRE 8.3, which `fetch` gives. */
export function openPayload(fileKey, payload) {
  const key = deriveKey(
    fileKey,
    payload.subarray(0, payloadNonceBytes),
    "payload",
  );
  const chunks = pieces(
    payload.subarray(payloadNonceBytes),
    chunkBytes + tagBytes,
  );
  insist(chunks.length > 0, "an age file without a chunk");
  const opened = chunks.map((chunk, index) =>
    chunkCipher(key, index, index === chunks.length - 1).decrypt(chunk)
  );
  insist(
    chunks.length === 1 || opened.at(-1).length > 0,
    "an empty last chunk",
  );
  return join(...opened);
}

/** The nonce and the chunks: the payload of WIRE 8.3, which `upload` and `body` take. */
export function sealPayload(fileKey, content) {
  const nonce = randomBytes(payloadNonceBytes);
  const key = deriveKey(fileKey, nonce, "payload");
  const chunks = content.length === 0 ? [content] : pieces(content, chunkBytes);
  const sealed = chunks.map((chunk, index) =>
    chunkCipher(key, index, index === chunks.length - 1).encrypt(chunk)
  );
  return join(nonce, ...sealed);
}

export const makeFileKey = () => new Uint8Array(randomBytes(16));

export function openFile(file, identity) {
  const { fileKey, headerBytes } = openHeader(file, identity);
  return openPayload(fileKey, file.subarray(headerBytes));
}

export function sealFile(content, recipient) {
  const fileKey = makeFileKey();
  return join(sealHeader(fileKey, recipient), sealPayload(fileKey, content));
}
