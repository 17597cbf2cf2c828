/** Small cryptography by `node:crypto`. For programs that run long: a one-shot command would pay more for loading it. */
import { createCipheriv, createHmac, generateKeyPairSync, hash, hkdfSync } from "node:crypto";
import { type Bytes, concatBytes } from "../model/bytes.ts";
import type { SyncCrypto } from "./sync_crypto.ts";

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
    const cipher = createCipheriv("chacha20-poly1305", key, iv, { authTagLength: 16 });
    const sealed = cipher.update(message);
    cipher.final();
    return concatBytes([sealed, cipher.getAuthTag()]);
  },
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
