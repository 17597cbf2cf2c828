/** What the memory store holds for each account, and how an entry is shown to its reader. */
import { limits } from "../model/limits.ts";
import type { Box, Delivery } from "../model/message.ts";
import type {
  Account,
  AccountDetails,
  Entry,
  ListQuery,
  Quota,
  StoredCopy,
  StoredRecovery,
  StoredStep,
} from "./store.ts";

export interface Mailbox {
  account: Account;
  /** Null: as the server has it. */
  quota: { maxBytes: number | null; maxMessages: number | null };
  recovery: StoredRecovery | null;
  steps: readonly StoredStep[];
  keyring: { version: number; sealed: Uint8Array | null };
  nextEntry: number;
  readonly entries: Map<number, Held>;
}

/** What was sent under one key. Outlives its entries. */
export interface Message {
  readonly sender: Mailbox;
  readonly tag: Uint8Array;
  readonly firstId: number;
  readonly storedAt: number;
  readonly body: readonly Uint8Array[];
  readonly deliveries: { recipient: string; readAt: number | null }[];
}

/** One entry, as it is held. */
export interface Held {
  readonly id: number;
  readonly box: Box;
  readonly message: Message;
  readonly copy: StoredCopy;
  readAt: number | null;
  summary: Uint8Array | null;
}

export function addEntry(mailbox: Mailbox, entry: Omit<Held, "id" | "summary">): void {
  const id = mailbox.nextEntry++;
  mailbox.entries.set(id, { ...entry, id, summary: null });
}

export function detailsOf({ account, quota, entries }: Mailbox): AccountDetails {
  const { id, name, createdAt, disabledAt, keys } = account;
  const held = [...entries.values()];
  return {
    id,
    name,
    fingerprint: keys.fingerprint.slice(),
    createdAt,
    disabledAt,
    messages: held.length,
    unread: held.filter(({ readAt }) => readAt === null).length,
    bytes: held.reduce((sum, { message, copy }) => sum + bytesOf(message) + sizeOf(copy), 0),
    ...quota,
  };
}

/** Tells whether a mailbox would be over its bounds with these copies of a body of so many bytes. */
export function isFull(
  mailbox: Mailbox,
  bodyBytes: number,
  copies: readonly StoredCopy[],
  quota: Quota | undefined,
): boolean {
  const mostMessages = mailbox.quota.maxMessages ?? quota?.maxMessages ?? 0;
  const mostBytes = mailbox.quota.maxBytes ?? quota?.maxBytes ?? 0;
  if (mostMessages === 0 && mostBytes === 0) return false;
  const { messages, bytes } = detailsOf(mailbox);
  const after = copies.reduce((sum, copy) => sum + bodyBytes + sizeOf(copy), bytes);
  return mostMessages > 0 && messages + copies.length > mostMessages ||
    mostBytes > 0 && after > mostBytes;
}

function sizeOf({ bodyHeader, envelope }: StoredCopy): number {
  return bodyHeader.length + envelope.length;
}

function bytesOf({ body }: Message): number {
  return body.reduce((sum, piece) => sum + piece.length, 0);
}

export function matches(held: Held, { unread, from, before, since }: ListQuery): boolean {
  return (!unread || held.readAt === null) &&
    (from === null || held.message.sender.account.name === from) &&
    (before === null || held.id < before) &&
    (since === null || held.message.storedAt >= since);
}

export function whole({ id, box, message, copy, readAt, summary }: Held): Entry {
  const bodyBytes = bytesOf(message);
  const deliveries: readonly Delivery[] = box === "sent" ? message.deliveries : [];
  return structuredClone({
    id,
    box,
    from: message.sender.account.name,
    storedAt: message.storedAt,
    readAt,
    sealedBytes: copy.bodyHeader.length + bodyBytes,
    envelopeDigest: copy.envelopeDigest,
    summary,
    envelope: copy.envelope,
    deliveries,
  });
}

export function pieces(body: Uint8Array): Uint8Array[] {
  const count = Math.ceil(body.length / limits.chunkBytes);
  return Array.from(
    { length: count },
    (_, at) => body.subarray(at * limits.chunkBytes, (at + 1) * limits.chunkBytes),
  );
}

export function messageKey(senderId: number, idempotencyKey: Uint8Array): string {
  return `${senderId}:${idempotencyKey.toHex()}`;
}
