/**
 * Sealing and opening of small frames on the thread that asks. Web Crypto hands each frame to another thread, which costs
 * more than the cipher does. For what runs long: a one-shot command would pay more for loading `node:crypto`.
 */
import { createCipheriv, createDecipheriv, KeyObject } from "node:crypto";
import { plain } from "../../model/bytes.ts";
import type { SmallCipher } from "../sync_crypto.ts";
import { sealBytes } from "./frame_cipher.ts";

/** Does as `crypto.subtle` does: the ciphertext, then the tag of 16 bytes. */
export function smallCipher(key: CryptoKey): SmallCipher {
  const handle = KeyObject.from(key);
  return {
    seal({ iv, additionalData }, payload, into) {
      const cipher = createCipheriv("aes-256-gcm", handle, iv);
      cipher.setAAD(additionalData);
      into.set(cipher.update(payload));
      cipher.final();
      into.set(cipher.getAuthTag(), payload.length);
    },
    open({ iv, additionalData }, sealed) {
      const end = sealed.length - sealBytes;
      const cipher = createDecipheriv("aes-256-gcm", handle, iv, { authTagLength: sealBytes });
      cipher.setAAD(additionalData);
      cipher.setAuthTag(sealed.subarray(end));
      const opened = cipher.update(sealed.subarray(0, end));
      cipher.final(); // throws unless the tag holds
      // A Buffer slices in another way.
      return new Uint8Array(plain(opened).buffer, opened.byteOffset, opened.length);
    },
  };
}
