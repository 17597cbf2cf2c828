/** The private key of a server's successor, sealed so that only the key that it succeeds opens it. */
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import type { ServerFingerprint } from "../../model/digests.ts";
import { AeadKey } from "../aead.ts";
import { deriveKeys } from "../derive.ts";

/** The two keys of a step, by fingerprint. */
export interface KeyStep {
  readonly predecessor: ServerFingerprint;
  readonly successor: ServerFingerprint;
}

/** Seals the successor's private key (PKCS#8) under its predecessor's (PKCS#8): AES-256-GCM, RFC 5869 for the key. */
export async function sealSuccessor(
  predecessorKey: Uint8Array,
  step: KeyStep,
  successorKey: Uint8Array,
): Promise<Bytes> {
  return await (await sealing(predecessorKey)).seal(contextOf(step), successorKey);
}

/** Opens what `sealSuccessor` made. @throws {MailError} `bad_signature`, the same for every cause */
export async function openSuccessor(
  predecessorKey: Uint8Array,
  step: KeyStep,
  sealed: Uint8Array,
): Promise<Bytes> {
  return await (await sealing(predecessorKey)).open(contextOf(step), sealed);
}

const label = "mailctl sealed server successor v1";

async function sealing(predecessorKey: Uint8Array): Promise<AeadKey> {
  const [key] = await deriveKeys(predecessorKey, [label]);
  return new AeadKey(key!);
}

function contextOf({ predecessor, successor }: KeyStep): Bytes {
  return concatBytes([utf8(label), predecessor, successor]);
}
