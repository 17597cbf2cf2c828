/**
 * How the keys of an account follow one another. Each step is signed by both: the older keys name their successor, so
 * that who trusts them can follow; the newer ones own up to what was before, so that nobody adds to it. WIRE.md 7.5.
 */
import type { FormerKeys, PublicKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { encode, struct, u64 } from "../../wire/fields.ts";
import { address, fingerprint } from "../../wire/layouts.ts";
import { accountFingerprint } from "../fingerprint.ts";
import { sign, verify } from "../signature.ts";

const statement = struct({
  address,
  earlier: fingerprint,
  later: fingerprint,
  succeededAt: u64,
});

/** What both keys say: at this time, the ones were succeeded by the others. */
export interface Succession {
  readonly succeededAt: number;
  /** By the older signing key. */
  readonly signature: Uint8Array;
  /** By the newer one. */
  readonly acceptance: Uint8Array;
}

/** Keys that are no longer an account's, and how they were succeeded by the next. */
export interface SuccessionStep extends PublicKeys, Succession {}

/** One side of a step, as its owner has it. */
export interface SuccessionSide {
  readonly signingSeed: Uint8Array;
  /** Of the public keys. */
  readonly fingerprint: AccountFingerprint;
}

/** Signs a step with both keys. `address` is `name@domain`. */
export async function signSuccession(
  address: Address,
  earlier: SuccessionSide,
  later: SuccessionSide,
  succeededAt: number,
): Promise<Succession> {
  const message = messageOf(address, earlier.fingerprint, later.fingerprint, succeededAt);
  const [signature, acceptance] = await Promise.all([
    sign(earlier.signingSeed, message.byEarlier),
    sign(later.signingSeed, message.byLater),
  ]);
  return { succeededAt, signature, acceptance };
}

/** Checks one step. */
export async function verifySuccession(
  address: Address,
  earlier: PublicKeys,
  later: PublicKeys,
  { succeededAt, signature, acceptance }: Succession,
): Promise<boolean> {
  const [before, after] = await Promise.all([earlier, later].map(accountFingerprint));
  const message = messageOf(address, before!, after!, succeededAt);
  return await verify(earlier.signingKey, signature, message.byEarlier) &&
    await verify(later.signingKey, acceptance, message.byLater);
}

/**
 * Walks back from an account's current keys, through steps in the order they happened, as far as they hold. Returns
 * what the keys were before, newest first: whoever pinned one of them may go on to the current ones.
 */
export async function formerKeys(
  address: Address,
  current: PublicKeys,
  steps: readonly SuccessionStep[],
): Promise<FormerKeys[]> {
  const former: FormerKeys[] = [];
  let later = current;
  for (const step of steps.toReversed()) {
    if (!await verifySuccession(address, step, later, step)) break;
    former.push({ fingerprint: await accountFingerprint(step), until: step.succeededAt });
    later = step;
  }
  return former;
}

function messageOf(
  address: Address,
  earlier: AccountFingerprint,
  later: AccountFingerprint,
  succeededAt: number,
): { readonly byEarlier: Bytes; readonly byLater: Bytes } {
  const said = encode(statement, { address, earlier, later, succeededAt });
  return {
    byEarlier: concatBytes([utf8("mailctl succession v1\0"), said]),
    byLater: concatBytes([utf8("mailctl acceptance v1\0"), said]),
  };
}
