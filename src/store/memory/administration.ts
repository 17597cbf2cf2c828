/** Accounts as their administrator sees and bounds them, in the memory store. */
import type { AccountName } from "../../model/address.ts";
import { compareNames } from "../../model/pattern.ts";
import type { Account } from "../account_store.ts";
import type {
  AccountDetails,
  AdministrationStore,
  QuotaChange,
  Totals,
} from "../administration_store.ts";
import { detailsOf } from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import { type MemoryState, raiseEpoch } from "./state.ts";

export function administrationStore(state: MemoryState): AdministrationStore {
  return {
    ...part(state, { describeAccount, describeAccounts, totals }),
    ...changes(state, { disableAccount, setQuota }),
  };
}

function disableAccount(
  state: MemoryState,
  name: AccountName,
  at: number | null,
): Account | null {
  const mailbox = state.named(name);
  if (mailbox === undefined) return null;
  const { disabledAt: before } = mailbox.account;
  const disabledAt = at === null ? null : before ?? at;
  mailbox.account = { ...mailbox.account, disabledAt };
  if (at !== null && before === null) raiseEpoch(mailbox);
  return structuredClone(mailbox.account);
}

function setQuota(
  state: MemoryState,
  name: AccountName,
  { maxBytes, maxMessages }: QuotaChange,
): boolean {
  const mailbox = state.named(name);
  if (mailbox === undefined) return false;
  if (maxBytes !== undefined) mailbox.quota.maxBytes = maxBytes;
  if (maxMessages !== undefined) mailbox.quota.maxMessages = maxMessages;
  return true;
}

function describeAccount(state: MemoryState, name: AccountName): AccountDetails | null {
  const mailbox = state.named(name);
  return mailbox === undefined ? null : detailsOf(mailbox);
}

function describeAccounts(
  state: MemoryState,
  { prefix, after, limit }: Parameters<AdministrationStore["describeAccounts"]>[0],
): AccountDetails[] {
  const all = state.open().map(detailsOf)
    .sort((a, b) => compareNames(a.name, b.name))
    .filter(({ name }) => name.startsWith(prefix));
  const from = all.findIndex(({ name }) => after === null || compareNames(name, after) > 0);
  return from < 0 ? [] : all.slice(from, from + limit);
}

function totals(state: MemoryState, now: number): Totals {
  const all = state.open().map(detailsOf);
  const sum = (of: "messages" | "unread" | "bytes") => all.reduce((n, each) => n + each[of], 0);
  return {
    accounts: all.length,
    disabled: all.filter(({ disabledAt }) => disabledAt !== null).length,
    messages: sum("messages"),
    unread: sum("unread"),
    bytes: sum("bytes"),
    invites: [...state.invites.values()].filter(({ expiresAt }) => expiresAt > now).length,
  };
}
