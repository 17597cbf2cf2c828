/** Mail that comes back: why, and in whose name. */

import { asAccountName } from "./address.ts";

/** The account name of the server itself on the wire; it is nobody's. RFC 5321 4.5.5 */
export const systemName = asAccountName("<>");

/** What people see in its place. */
export const systemDisplayName = asAccountName("mailer-daemon");

/** Names that nobody may register, or they would look like the server's own. RFC 2142, RFC 5321 4.5.1 */
export const reservedNames: ReadonlySet<string> = new Set([systemDisplayName, "postmaster"]);

/**
 * Why a message came back. `no_such_account`: the recipient did not exist when it was sent; `account_deleted`,
 * `expired`: that happened before it was read; `not_kept`: it was not read for as long as the server keeps mail;
 * `mailbox_full`: the recipient had no room left when it was to be delivered.
 */
export const bounceReasons = [
  "no_such_account",
  "account_deleted",
  "expired",
  "not_kept",
  "mailbox_full",
] as const;

export type BounceReason = typeof bounceReasons[number];
