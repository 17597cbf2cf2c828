/**
 * Sealing of small frames on the thread that asks. Web Crypto hands each frame to another thread, which costs more than
 * sealing a reply does. For servers: a client would pay more for loading `node:crypto`.
 */
import { createCipheriv, KeyObject } from "node:crypto";
import type { SmallSeal } from "./frame_cipher.ts";

/** Seals as `crypto.subtle.encrypt` does: the ciphertext, then the tag of 16 bytes. */
export function sealAtOnce(key: CryptoKey): SmallSeal {
  const handle = KeyObject.from(key);
  return ({ iv, additionalData }, payload, into) => {
    const cipher = createCipheriv("aes-256-gcm", handle, iv);
    cipher.setAAD(additionalData);
    into.set(cipher.update(payload));
    cipher.final();
    into.set(cipher.getAuthTag(), payload.length);
  };
}
