/** Accounts as their administrator sees them: lines of a list, and all facts of one. */
import type { AdminReply } from "../../server/admin/commands.ts";
import { writeFacts } from "./account_view.ts";
import { isoTime } from "../time_format.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { formatSize } from "../../model/size.ts";
import type { Column, Row } from "../terminal/table.ts";

export type AccountJson = AdminReply<"show">;

export const columns: readonly Column[] = [
  { title: "Name", flexible: 1 },
  { title: "State" },
  { title: "Created" },
  { title: "Messages", alignRight: true },
  { title: "Size", alignRight: true },
];

/** A line of a list; sizes in bytes for programs. */
export function rowOf(account: AccountJson, isForPerson: boolean): Row {
  const { name, createdAt, messages, bytes } = account;
  const created = isoTime(createdAt) ?? "";
  return {
    cells: [
      name,
      stateOf(account),
      isForPerson ? created.slice(0, 10) : created,
      String(messages),
      isForPerson ? formatSize(bytes) : String(bytes),
    ],
  };
}

/** An account as JSON has it. A bound of null is none. */
export function jsonOf(account: AccountJson): JsonOf<"admin show"> {
  const { name, fingerprint, createdAt, disabledAt, messages, unread, bytes, sessions } = account;
  return {
    name,
    state: stateOf(account),
    fingerprint,
    created: isoTime(createdAt),
    disabled: disabledAt === null ? null : isoTime(disabledAt),
    sessions,
    messages,
    unread,
    bytes,
    quota: {
      bytes: account.quota.maxBytes || null,
      messages: account.quota.maxMessages || null,
      own: account.maxBytes !== null || account.maxMessages !== null,
    },
  };
}

/** Writes all facts of one account. */
export async function writeReport(account: AccountJson): Promise<void> {
  const { name, state, fingerprint, created, disabled, sessions, unread } = jsonOf(account);
  await writeFacts({
    name,
    state,
    ...disabled === null ? {} : { disabled },
    fingerprint,
    created: created ?? "",
    sessions: String(sessions),
    ...usageOf(account),
    unread: String(unread),
  });
}

/** Writes what an account holds and may hold. */
export async function writeUsage(account: AccountJson): Promise<void> {
  await writeFacts({ name: account.name, ...usageOf(account) });
}

function usageOf({ messages, bytes, maxMessages, maxBytes, quota }: AccountJson) {
  return {
    bytes: `${bytes} of ${boundOf(quota.maxBytes, maxBytes)}`,
    messages: `${messages} of ${boundOf(quota.maxMessages, maxMessages)}`,
  };
}

function boundOf(bound: number, own: number | null): string {
  const most = bound === 0 ? "any" : String(bound);
  return own === null ? `${most} (the server's)` : most;
}

function stateOf({ disabledAt }: AccountJson): string {
  return disabledAt === null ? "enabled" : "disabled";
}
