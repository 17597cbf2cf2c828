/** The rule of quotas and shares, as functions in SQL take it: see `exceeds` and `is_full_for` in schema.ts. */
import type { AccountId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { Quota } from "../../administration_store.ts";
import { systemAccountId } from "../../inbound_store.ts";
import { shares } from "../../rules/quota.ts";
import type { SharedByCopies } from "../../rules/rows.ts";

/** The server's bounds, the share of whose mail it is in the mailboxes of others, and what an entry counts for at least. */
export function sharesOf(
  quota: Quota | undefined,
  senderId: AccountId,
): [maxMessages: number, maxBytes: number, share: number, minEntryBytes: number] {
  const share = senderId === systemAccountId ? shares.outside : shares.account;
  return [quota?.maxMessages ?? 0, quota?.maxBytes ?? 0, share, limits.minEntryBytes];
}

/** Whose share a message takes. */
export function chargedSender({ chargedTo, senderId }: SharedByCopies): AccountId {
  return chargedTo ?? senderId;
}
