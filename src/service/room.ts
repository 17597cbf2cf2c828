/** What a mailbox has no room for and never will: whoever tries again later tries in vain. */
import type { AccountName } from "../model/address.ts";
import { isFailure, MailError } from "../model/errors.ts";
import type { Account } from "../store/account_store.ts";
import type { AdministrationStore, Quota } from "../store/administration_store.ts";
import { isLargerThanShare, shares } from "../store/rules/quota.ts";
import type { SubmittedMessage } from "./submitted_message.ts";
import type { Uploads } from "./upload.ts";

/** A message on its way into mailboxes. */
export interface Arriving {
  /** Whose share it takes; null: nobody logged in. */
  readonly sender: AccountName | null;
  readonly copies: readonly { readonly name: AccountName; readonly bytes: number }[];
}

export interface Mailboxes {
  readonly store: Pick<AdministrationStore, "describeAccount">;
  /** What holds for accounts without a quota of their own. */
  readonly quota?: Quota | undefined;
}

/**
 * What a message takes of each mailbox: counted before the store takes its bytes.
 * @throws {MailError} `malformed` for an upload that is not this session's
 */
export function arrivingOf(
  { name: sender }: Account,
  { upload, body, own, recipients }: Pick<
    SubmittedMessage,
    "upload" | "body" | "own" | "recipients"
  >,
  uploads: Uploads,
): Arriving {
  const bodyBytes = upload === null ? body!.length : uploads.bytesOf(upload);
  const copies = [{ name: sender, envelope: own }, ...recipients]
    .map(({ name, envelope }) => ({ name, bytes: bodyBytes + envelope.length }));
  return { sender, copies };
}

/** Hands on what work throws, but for `over_quota` of what never fits. @throws {MailError} `too_large` */
export async function tellingWhatNeverFits<T>(
  mailboxes: Mailboxes,
  arriving: Arriving,
  work: Promise<T>,
): Promise<T> {
  return await work.catch(async (error) => {
    if (isFailure(error, "over_quota")) await requireFitting(mailboxes, arriving);
    throw error;
  });
}

/** @throws {MailError} `too_large` for a copy that is larger than the sender's share of an empty mailbox */
export async function requireFitting(
  { store, quota }: Mailboxes,
  { sender, copies }: Arriving,
): Promise<void> {
  const tooSmall: AccountName[] = [];
  for (const { name, bytes } of copies) {
    const account = await store.describeAccount(name);
    if (account === null) continue;
    const share = name === sender ? shares.owner : sender ? shares.account : shares.outside;
    if (isLargerThanShare(bytes, account, quota, share)) tooSmall.push(name);
  }
  if (tooSmall.length === 0) return;
  throw tooSmall.some((name) => name === sender) ? largerThanOwn() : largerThan(tooSmall);
}

function largerThan(names: readonly AccountName[]): MailError {
  const message = `Cannot send to ${
    names.join(", ")
  }: the message is larger than your share of the mailbox`;
  return new MailError("too_large", message, {
    hint: "Nothing was sent. Send less at once, or ask the administrator for a larger quota.",
  });
}

function largerThanOwn(): MailError {
  return new MailError(
    "too_large",
    "Cannot store the message: it is larger than your own mailbox may be",
    { hint: "Send less at once, or ask the administrator for a larger quota." },
  );
}
