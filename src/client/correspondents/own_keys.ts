/** Of which keys of its own account a keyring is: a server cannot show older ones. WIRE.md 9. */
import type { FormerKeys } from "../../model/account.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import type { Contact, Ring } from "./contacts.ts";
import { ownKeysWentBack } from "./keyring_failures.ts";
import { nothingGiven, nothingReceived, renewKeys } from "./numbers.ts";

/** What a ring can be of: the account's keys of now, and those that they took the place of. */
export interface OwnKeys {
  readonly fingerprint: AccountFingerprint;
  /** Null: this login does not know. */
  readonly earlier: readonly Pick<FormerKeys, "fingerprint">[] | null;
}

/**
 * The contacts of a ring. It is of the account's keys, or of ones that they took the place of: then numbers go on under
 * the present ones. Where its server has restored a backup since, what was seen may be there as new.
 * @throws {MailError} `bad_signature` for keys of the account that others took the place of
 */
export function contactsOf(
  { own, restoredAt: knownRestore, contacts }: Ring,
  { fingerprint, earlier }: OwnKeys,
  restoredAt: number,
): readonly Contact[] {
  const isPresent = own === null || equalBytes(own, fingerprint);
  if (!isPresent && earlier?.some((keys) => equalBytes(keys.fingerprint, own)) === false) {
    throw ownKeysWentBack();
  }
  if (isPresent && restoredAt === knownRestore) return contacts;
  const isRestored = restoredAt !== knownRestore;
  return contacts.map(({ given = nothingGiven, received = nothingReceived, ...contact }) => ({
    ...contact,
    given: isPresent ? given : renewKeys(given),
    received: isRestored ? { ...received, restored: received.newest } : received,
  }));
}
