/** The server's RSA key: made once, kept in the key folder, and used through a semaphore. */
import { decodePem, encodePem } from "../../crypto/certificate.ts";
import type { ServerKey } from "../../crypto/session/handshake.ts";
import { ticketSecrets } from "../../crypto/session/ticket.ts";
import { type Bytes, plain } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { Semaphore } from "./semaphore.ts";
import type { KeyFolder } from "./key_folder.ts";

export const keyFile = "server.key";
const modulusBits = 3072;
const rsa = { name: "RSA-OAEP", hash: "SHA-256" } as const;

/** Reads the key, making it where there is none. @throws {MailError} `configuration` */
export async function openKey(folder: KeyFolder): Promise<ServerKey> {
  if (await folder.read(keyFile) === null) await folder.create(keyFile, await makeKey());
  const found = await readKey(folder, keyFile); // of whoever was first
  return await loadKey(found!);
}

/** A key as it is kept: PKCS#8, and its public half (DER SubjectPublicKeyInfo). */
export interface KeptKey {
  readonly pkcs8: Bytes;
  readonly spki: Bytes;
}

/** Reads a key file; null where there is none. @throws {MailError} `configuration` for anything but a long RSA key */
export async function readKey(folder: KeyFolder, name: string): Promise<KeptKey | null> {
  const text = await folder.read(name);
  if (text === null) return null;
  try {
    return await parseKey(text);
  } catch (cause) {
    throw new MailError(
      "configuration",
      `Cannot use ${folder.path}/${name}: it is not an RSA key`,
      {
        cause,
        hint: `Use an RSA key of ${modulusBits} bits or more, as PKCS#8 in PEM.`,
      },
    );
  }
}

/** Takes a key from PKCS#8 PEM. @throws for anything but a long RSA key */
export async function parseKey(pem: string): Promise<KeptKey> {
  return await importKept(decodePem("PRIVATE KEY", pem));
}

/** Takes a key from PKCS#8. @throws as `parseKey` */
export async function importKept(pkcs8: Bytes): Promise<KeptKey> {
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, rsa, true, ["decrypt"]);
  const { modulusLength } = key.algorithm as RsaHashedKeyAlgorithm;
  if (modulusLength < modulusBits) throw new Error(`RSA of ${modulusLength} bits is too short`);
  return { pkcs8, spki: await publicHalf(key) };
}

/** Makes a new key: PKCS#8 PEM. */
export async function makeKey(): Promise<string> {
  const made = await crypto.subtle.generateKey(
    { ...rsa, modulusLength: modulusBits, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["encrypt", "decrypt"],
  );
  const der = await crypto.subtle.exportKey("pkcs8", made.privateKey);
  return encodePem("PRIVATE KEY", new Uint8Array(der));
}

/**
 * One decryption takes 3 ms of one core, on the runtime's own threads. Letting in as many as there are cores keeps
 * the event loop fair: with 100 handshakes at once its longest pause was 14 ms, instead of 94.
 */
export async function loadKey({ pkcs8, spki }: KeptKey): Promise<ServerKey> {
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, rsa, false, ["decrypt"]);
  const semaphore = new Semaphore(Math.max(1, navigator.hardwareConcurrency));
  return {
    spki,
    ticketSecret: await ticketSecrets(pkcs8),
    decrypt: (ciphertext) =>
      semaphore.run(() => crypto.subtle.decrypt(rsa.name, key, plain(ciphertext)))
        .then((secret) => new Uint8Array(secret), () => null),
  };
}

async function publicHalf(key: CryptoKey): Promise<Bytes> {
  const { n, e } = await crypto.subtle.exportKey("jwk", key);
  const jwk = { kty: "RSA", n: n!, e: e! };
  const half = await crypto.subtle.importKey("jwk", jwk, rsa, true, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.exportKey("spki", half));
}
