/** Who gets a message, and on which terms it is refused. */
import type { AccountName, Address } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { keyChanged, noSuchRecipient } from "../failures.ts";
import type { InboundSender } from "../inbound_store.ts";
import type { NewMessage, SendTerms, StoredCopy } from "../send_store.ts";

/** The terms of a message that nothing is said about: everybody gets it at once, or nobody does. */
export const allOrNone: SendTerms = { partial: false, unknown: [], expiresAt: null };

/** What a back end found under a recipient's name. */
export interface FoundAccount<Account> {
  readonly account: Account;
  readonly fingerprint: AccountFingerprint;
  /** It has blocked the sender. */
  readonly blocks: boolean;
}

/** Who gets a message. */
export interface ResolvedRecipients<Account> {
  readonly copies: ReadonlyMap<Account, StoredCopy>;
  /** Whose copies are dropped if they are delivered now; the sender is told nothing of it. */
  readonly blocking: ReadonlySet<Account>;
  /** The names that get none. */
  readonly gone: readonly (AccountName | Address)[];
}

/**
 * Finds the copies by account; somebody named twice gets the first. `found` has one answer a recipient, in order; null:
 * there is no such account.
 * @throws {MailError} `no_such_recipient` naming all that do not exist, unless it is partial; `key_changed` naming all
 * whose fingerprint is another by now
 */
export function resolveRecipients<Account>(
  recipients: NewMessage["recipients"],
  found: readonly (FoundAccount<Account> | null)[],
  { partial, unknown }: SendTerms,
): ResolvedRecipients<Account> {
  const missing = recipients.filter((_, at) => found[at] === null).map(({ name }) => name);
  const gone = [...missing, ...unknown];
  if (gone.length > 0 && !partial) throw noSuchRecipient(gone);
  const changed = recipients.filter(({ fingerprint }, at) => {
    const account = found[at];
    return account && !equalBytes(account.fingerprint, fingerprint);
  });
  if (changed.length > 0) throw keyChanged(changed.map(({ name }) => name));
  const copies = new Map<Account, StoredCopy>();
  for (const [at, { copy }] of recipients.entries()) {
    const account = found[at];
    if (account && !copies.has(account.account)) copies.set(account.account, copy);
  }
  const blocking = found.flatMap((account) => account?.blocks ? [account.account] : []);
  return { copies, blocking: new Set(blocking), gone };
}

/** All that a message from outside may be blocked by. */
export function sendersOf({ account, addresses }: InboundSender): readonly string[] {
  return account === null ? addresses : [account, ...addresses];
}

/** The copies that are stored if a message is delivered now. */
export function wanted<Account>(
  { copies, blocking }: ResolvedRecipients<Account>,
): ReadonlyMap<Account, StoredCopy> {
  if (blocking.size === 0) return copies;
  return new Map([...copies].filter(([account]) => !blocking.has(account)));
}
