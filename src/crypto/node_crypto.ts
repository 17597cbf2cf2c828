/** Small cryptography by `node:crypto`. For programs that run long: a one-shot command would pay more for loading it. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  generateKeyPairSync,
  hash,
  hkdfSync,
} from "node:crypto";
import { type Bytes, concatBytes } from "../model/bytes.ts";
import { smallCipher } from "./session/small_cipher.ts";
import type { SyncCrypto } from "./sync_crypto.ts";

const tagBytes = 16;
const hashes = { "SHA-256": "sha256", "SHA3-256": "sha3-256" } as const;

export const nodeCrypto: SyncCrypto = {
  digest: (algorithm, bytes) => own(hash(hashes[algorithm], bytes, "buffer")),
  hmacSha256: (key, parts) => {
    const hmac = createHmac("sha256", key);
    for (const part of parts) hmac.update(part);
    return own(hmac.digest());
  },
  hkdfSha256: ({ secret, salt, info }, length) =>
    new Uint8Array(hkdfSync("sha256", secret, salt, info, length)),
  sealChacha: (key, iv, message) => {
    const cipher = createCipheriv("chacha20-poly1305", key, iv, { authTagLength: tagBytes });
    const sealed = cipher.update(message);
    cipher.final();
    return concatBytes([sealed, cipher.getAuthTag()]);
  },
  openChacha: (key, iv, sealed) => {
    if (sealed.length < tagBytes) throw new Error("shorter than a tag");
    const decipher = createDecipheriv("chacha20-poly1305", key, iv, { authTagLength: tagBytes });
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    const opened = decipher.update(sealed.subarray(0, -tagBytes));
    decipher.final(); // throws where the tag is another
    return own(opened);
  },
  sealAes: (key, nonce, context, message) => {
    const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(context);
    const sealed = cipher.update(message);
    cipher.final();
    return concatBytes([sealed, cipher.getAuthTag()]);
  },
  openAes: (key, nonce, context, sealed) => {
    if (sealed.length < tagBytes) throw new Error("shorter than a tag");
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(context);
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    const opened = decipher.update(sealed.subarray(0, -tagBytes));
    decipher.final(); // throws where the tag is another
    return own(opened);
  },
  frameCipher: smallCipher,
  generateX25519: () => {
    const { publicKey, privateKey } = generateKeyPairSync("x25519");
    const pkcs8 = own(privateKey.export({ type: "pkcs8", format: "der" }));
    const spki = own(publicKey.export({ type: "spki", format: "der" }));
    return { pkcs8, publicKey: spki.slice(-32) }; // RFC 8410 4: the key is the end of it
  },
};

/** A Buffer may be a view of memory that many share. */
function own(buffer: Uint8Array): Bytes {
  return new Uint8Array(buffer);
}
