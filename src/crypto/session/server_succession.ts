/** How a server's key names the one that follows it: the last thing it does, and the only thing it signs. WIRE.md 3.5. */
import { type Bytes, equalBytes, plain } from "../../model/bytes.ts";
import type { ServerFingerprint } from "../../model/digests.ts";
import { encode, struct, text, u64 } from "../../wire/fields.ts";
import {
  serverFingerprint as fingerprintLayout,
  type ServerSuccession,
} from "../../wire/layouts.ts";
import { serverFingerprint } from "../fingerprint.ts";

const signing = { name: "RSA-PSS", hash: "SHA-256" } as const;
const signature = { name: "RSA-PSS", saltLength: 32 } as const;
const leastBits = 3072;

const statement = struct({
  label: text(64),
  retired: fingerprintLayout,
  successor: fingerprintLayout,
  at: u64,
});

/** Lets a key (PKCS#8) name its successor, by fingerprint. `at`: milliseconds since 1970. */
export async function signServerSuccession(
  privateKey: Bytes,
  serverKey: Bytes,
  successor: ServerFingerprint,
  at: number,
): Promise<ServerSuccession> {
  const key = await crypto.subtle.importKey("pkcs8", privateKey, signing, false, ["sign"]);
  const signed = await said({ serverKey, successor, at });
  return {
    serverKey,
    successor,
    at,
    signature: new Uint8Array(await crypto.subtle.sign(signature, key, signed)),
  };
}

/** Tells whether the key that was known, by fingerprint, leads to the one that is shown, each step signed by the last. */
export async function leadsTo(
  steps: readonly ServerSuccession[],
  known: ServerFingerprint,
  shown: ServerFingerprint,
): Promise<boolean> {
  let current = known;
  for (const step of steps) {
    const isNext = equalBytes(await serverFingerprint(step.serverKey), current) &&
      await isSigned(step);
    if (isNext) current = step.successor;
  }
  return equalBytes(current, shown);
}

async function isSigned(step: ServerSuccession): Promise<boolean> {
  try {
    const spki = plain(step.serverKey);
    const key = await crypto.subtle.importKey("spki", spki, signing, false, ["verify"]);
    const { modulusLength } = key.algorithm as RsaHashedKeyAlgorithm;
    const signed = await said(step);
    return modulusLength >= leastBits &&
      await crypto.subtle.verify(signature, key, plain(step.signature), signed);
  } catch {
    return false; // no key, or none for this
  }
}

async function said(
  { serverKey, successor, at }: Omit<ServerSuccession, "signature">,
): Promise<Bytes> {
  const label = "mailctl server successor v1";
  return encode(statement, { label, retired: await serverFingerprint(serverKey), successor, at });
}
