/** Messages that their owner puts into a folder: drafts, and what a mail program files. */
import { sha256 } from "../../crypto/fingerprint.ts";
import { encodeUnsignedSummary, openUnsigned } from "../../crypto/message/unsigned.ts";
import { sealImport } from "../../crypto/message/unsigned_seal.ts";
import { withBlankLine } from "../../mime/intake.ts";
import { readUnsigned } from "../../mime/unsigned.ts";
import { type Bytes, randomBytes, utf8 } from "../../model/bytes.ts";
import { asEnvelopeDigest } from "../../model/digests.ts";
import type { Filing } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import { bestEffort } from "../../model/promises.ts";
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
  const found = readUnsigned(withBlankLine(content), importedAt);
  const secretKeys = { signingSeed: signingSeedOf(account) };
  const sealed = sealImport(found, { ...account, secretKeys }, { box, importedAt });
  const upload = (source: AsyncIterable<Uint8Array>) => context.client.upload("upload", {}, source);
  const body = await placeBody(upload, sealed.payload);
  const [envelope] = await sealed.envelopes();
  const { mailboxKey } = account;
  const { id, repeated } = await context.client.repeat("append", {
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
  const isNewDraft = filing.flags.includes("draft") && !repeated;
  if (isNewDraft) {
    await bestEffort(
      noteSeen(context, { id, box }, { content: await sealed.envelope(), envelope: envelope! }),
    );
  }
  return id;
}

/** Binds a draft to its id: the server could show another one by that, and its writer would send it. */
async function noteSeen(
  { account, client }: MailboxContext,
  place: { readonly id: EntryId; readonly box: Box },
  sealed: { readonly content: Bytes; readonly envelope: Bytes },
): Promise<void> {
  const { mailboxKey } = await account;
  const { content, envelope } = sealed;
  const kept = await openUnsigned(content);
  const owner = { ...place, envelopeDigest: asEnvelopeDigest(await sha256(envelope)) };
  const summary = await mailboxKey.sealSummary(owner, encodeUnsignedSummary(kept));
  await client.call("saveSummaries", { summaries: [{ id: place.id, summary }], keyring: null });
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
