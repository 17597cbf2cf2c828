/** AES-256-GCM for what an account keeps sealed at the server: a random nonce, then the ciphertext. */
import { type Bytes, concatBytes, plain, randomBytes } from "../model/bytes.ts";
import { sealBroken } from "../model/errors.ts";

const nonceBytes = 12;

/** Imports a raw key of 32 bytes, once for all that it seals and opens. */
export function importAeadKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Seals under a key; `context` must be the same to open it. */
export async function sealAead(
  key: CryptoKey,
  context: Uint8Array,
  message: Uint8Array,
): Promise<Bytes> {
  const nonce = randomBytes(nonceBytes);
  const sealed = await crypto.subtle.encrypt(parameters(nonce, context), key, plain(message));
  return concatBytes([nonce, new Uint8Array(sealed)]);
}

/** Opens what `sealAead` made. @throws {MailError} `bad_signature`, the same for every cause. */
export async function openAead(
  key: CryptoKey,
  context: Uint8Array,
  sealed: Uint8Array,
): Promise<Bytes> {
  try {
    const nonce = sealed.subarray(0, nonceBytes);
    const opened = await crypto.subtle.decrypt(
      parameters(nonce, context),
      key,
      plain(sealed.subarray(nonceBytes)),
    );
    return new Uint8Array(opened);
  } catch (cause) {
    throw sealBroken(cause);
  }
}

function parameters(nonce: Uint8Array, context: Uint8Array) {
  return { name: "AES-GCM", iv: plain(nonce), additionalData: plain(context) };
}
