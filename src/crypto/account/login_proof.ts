/**
 * How somebody proves to a server who is there: by a signature over the transcript of the session, so that it is worth
 * nothing in another session, at another server, or to who reads a log. WIRE.md 7.3, 7.4.
 */
import type { Address } from "../../model/address.ts";
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import {
  asLoginKey,
  asRecoveryKey,
  type LoginKey,
  type LoginSeed,
  type RecoveryKey,
  type RecoverySeed,
  type Transcript,
} from "../../model/digests.ts";
import { encode } from "../../wire/fields.ts";
import { address as addressLayout } from "../../wire/layouts.ts";
import { sign, signingKeyOf, verify } from "../signature.ts";

/** A public key, and its signature over a session. */
export interface Proof<Key extends LoginKey | RecoveryKey> {
  readonly key: Key;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** What is proved: that the owner of an account is in this session. */
export interface Presence {
  readonly transcript: Transcript;
  /** `name@domain` */
  readonly address: Address;
}

export async function loginKeyOf(seed: LoginSeed): Promise<LoginKey> {
  return asLoginKey(await signingKeyOf(seed));
}

export async function recoveryKeyOf(seed: RecoverySeed): Promise<RecoveryKey> {
  return asRecoveryKey(await signingKeyOf(seed));
}

export async function proveLogin(seed: LoginSeed, presence: Presence): Promise<Proof<LoginKey>> {
  const signature = await sign(seed, messageOf("login", presence));
  return { key: await loginKeyOf(seed), signature };
}

export async function proveRecovery(
  seed: RecoverySeed,
  presence: Presence,
): Promise<Proof<RecoveryKey>> {
  const signature = await sign(seed, messageOf("recovery", presence));
  return { key: await recoveryKeyOf(seed), signature };
}

/** Checks that the key signed. Whose key it is remains to be asked. */
export function verifyLogin(proof: Proof<LoginKey>, presence: Presence): Promise<boolean> {
  return verify(proof.key, proof.signature, messageOf("login", presence));
}

/** As `verifyLogin`. */
export function verifyRecovery(proof: Proof<RecoveryKey>, presence: Presence): Promise<boolean> {
  return verify(proof.key, proof.signature, messageOf("recovery", presence));
}

function messageOf(purpose: "login" | "recovery", { transcript, address }: Presence): Bytes {
  return concatBytes([
    utf8(`mailctl ${purpose} v2\0`),
    transcript,
    encode(addressLayout, address),
  ]);
}
