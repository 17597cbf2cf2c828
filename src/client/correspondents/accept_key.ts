/** A correspondent's key that somebody decided on, pinned. */
import type { Address } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { type Contact, isEither } from "./contacts.ts";
import { pinnedMeanwhile } from "./keyring_failures.ts";
import { replacedKeys } from "./merge_contacts.ts";
import { nothingReceived } from "./numbers.ts";

/** A key that somebody decided to be a correspondent's. */
export interface Acceptance {
  readonly address: Address;
  readonly fingerprint: AccountFingerprint;
  /** True where it was compared by another way. */
  readonly verified: boolean;
  /** The pinned key that was shown to whoever decided; null where none was. */
  readonly replaces: Uint8Array | null;
}

/**
 * Pins it; returns whether there was anything to change. Numbers begin anew under another key, which may be of another
 * account: what came before is not missing.
 * @throws {MailError} `key_changed` where another machine pinned a third key meanwhile
 */
export function pinKey(
  contacts: Map<Address, Contact>,
  { address, fingerprint, verified, replaces }: Acceptance,
  now: number,
): boolean {
  const pinned = contacts.get(address) ?? null;
  if (!isEither(pinned, fingerprint, replaces)) throw pinnedMeanwhile(address);
  const isSame = pinned !== null && equalBytes(pinned.fingerprint, fingerprint);
  if (isSame && (pinned.verified || !verified)) return false;
  const accepted = isSame ? { ...pinned, verified } : {
    address,
    fingerprint,
    verified,
    since: now,
    ...replacedKeys(pinned, fingerprint),
    received: { ...nothingReceived, resumes: pinned !== null },
  };
  contacts.set(address, accepted);
  return true;
}
