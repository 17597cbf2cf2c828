/** Messages that their owner puts into a folder: drafts, and what a mail program files. */
import { sealImport } from "../../crypto/message/unsigned_seal.ts";
import { readUnsigned } from "../../mime/unsigned.ts";
import { randomBytes, utf8 } from "../../model/bytes.ts";
import type { Filing } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import { signingSeedOf } from "../account.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { placeBody } from "../sending/inline_or_upload.ts";
import { sealFirstFiling } from "./filed_message.ts";

export interface KeptMessage {
  readonly box: Box;
  readonly isRead: boolean;
  readonly filing: Filing;
  /** Its MIME source, once. */
  readonly content: AsyncIterable<Uint8Array>;
  /** What is kept under the same key again is kept once, as it was the first time. Absent: each is kept. */
  readonly key?: string | undefined;
}

/**
 * Stores a message with its filing, in one step, whatever else is like it. Returns its id, which is its place too.
 * @throws {MailError} `over_quota`, `too_large`; `malformed` for what is no message
 */
export async function keepMessage(
  context: MailboxContext,
  { box, isRead, filing, content, key }: KeptMessage,
): Promise<EntryId> {
  const account = await context.account;
  const importedAt = context.now();
  const found = readUnsigned(content, importedAt);
  const secretKeys = { signingSeed: signingSeedOf(account) };
  const sealed = sealImport(found, { ...account, secretKeys }, { box, importedAt });
  const upload = (source: AsyncIterable<Uint8Array>) => context.client.upload("upload", {}, source);
  const body = await placeBody(upload, sealed.payload);
  const [envelope] = await sealed.envelopes();
  const { mailboxKey } = account;
  const { id } = await context.client.repeat("append", {
    idempotencyKey: await mailboxKey.idempotencyKey(
      "import",
      key === undefined ? randomBytes(32) : nameOf(key),
    ),
    box,
    read: isRead,
    envelope: envelope!,
    filing: await sealFirstFiling(mailboxKey, envelope!, filing),
    ...body,
  });
  return id;
}

/** Finds what was kept under a key and is there: its id, or null. */
export async function findKept(
  { account, client }: MailboxContext,
  key: string,
): Promise<EntryId | null> {
  const { mailboxKey } = await account;
  const idempotencyKey = await mailboxKey.idempotencyKey("import", nameOf(key));
  return (await client.call("findAppended", { idempotencyKeys: [idempotencyKey] })).ids[0] ?? null;
}

function nameOf(key: string): Uint8Array {
  return utf8(`keep ${key}`);
}
