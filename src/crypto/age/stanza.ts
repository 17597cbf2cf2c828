/** The file key of an age file, wrapped for one reader: C2SP.org/age, `mlkem768x25519`. */
import { BoundedMap } from "../../model/bounded_map.ts";
import type { Bytes } from "../../model/bytes.ts";
import { publicKeyOf, seedOf } from "../account/age_key.ts";
import { openHpke, sealHpke } from "./hpke.ts";
import {
  decapsulateHybrid,
  encapsulateHybrid,
  type HybridKey,
  type HybridPublicKey,
  importHybridKey,
  openHybridKey,
} from "../session/hybrid_kem.ts";

export const stanzaType = "mlkem768x25519";
const info = `age-encryption.org/${stanzaType}`;

/** The only argument of a stanza behind its type, and its body. */
export interface Stanza {
  /** `hybridCiphertextBytes` */
  readonly share: Uint8Array;
  /** `wrappedKeyBytes` */
  readonly body: Uint8Array;
}

/** A file key of 16 bytes, and its tag. */
export const wrappedKeyBytes = 16 + 16;

/** Wraps a file key, 16 bytes. @throws {MailError} `bad_signature` for what is no recipient */
export async function wrapFileKey(recipient: string, fileKey: Uint8Array): Promise<Stanza> {
  const { ciphertext, secret } = await encapsulateHybrid(await keyOf(recipient));
  return { share: ciphertext, body: await sealHpke(secret, info, fileKey) };
}

/** Keys of recipients that were sealed to: much mail goes to few. */
const keys = new BoundedMap<string, HybridPublicKey>(64);

async function keyOf(recipient: string): Promise<HybridPublicKey> {
  const known = keys.get(recipient);
  if (known !== undefined) return known;
  const key = await importHybridKey(publicKeyOf(recipient));
  keys.set(recipient, key);
  return key;
}

/** An identity of age. Its key is taken up when the first file is opened, once for all files. */
export class AgeIdentity {
  readonly #seed: Bytes;
  #key: Promise<HybridKey> | null = null;

  /** @throws {MailError} `bad_signature` for what is no identity (`AGE-SECRET-KEY-PQ-1...`) */
  constructor(identity: string) {
    this.#seed = seedOf(identity);
  }

  /** Unwraps a file key; null where it was wrapped for another identity, or changed. */
  async unwrapFileKey({ share, body }: Stanza): Promise<Bytes | null> {
    this.#key ??= openHybridKey(this.#seed);
    const secret = await decapsulateHybrid(await this.#key, share).catch(() => null);
    return secret === null ? null : await openHpke(secret, info, body);
  }
}
