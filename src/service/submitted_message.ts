/** Messages as their senders hand them over: what they are made of, checked and made ready for the store. */
import { hash } from "node:crypto";
import type { AccountName, Address } from "../model/address.ts";
import { type Moment, timeOf } from "../model/delivery_time.ts";
import {
  type AccountFingerprint,
  asEnvelopeDigest,
  type ContentTag,
  type IdempotencyKey,
} from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import type { UploadId } from "../model/ids.ts";
import { requireNewer } from "../model/keyring.ts";
import { limits } from "../model/limits.ts";
import type { Box } from "../model/message.ts";
import type { KeyringUpdate } from "../store/account_store.ts";
import type { SealedFiling } from "../store/filing_store.ts";
import type { NewMessage, SendTerms, StoredCopy } from "../store/send_store.ts";

export interface SubmittedMessage {
  readonly idempotencyKey: IdempotencyKey;
  readonly contentTag: ContentTag;
  /** The upload that holds the sealed body; null: it is in `body`. */
  readonly upload: UploadId | null;
  readonly body: Uint8Array | null;
  /** The envelope of the sender's own copy. */
  readonly own: Uint8Array;
  readonly keyring: KeyringUpdate | null;
  readonly recipients: readonly {
    readonly name: AccountName;
    readonly fingerprint: AccountFingerprint;
    readonly envelope: Uint8Array;
  }[];
}

/** A message that an account hands over for its own mailbox. */
export interface SubmittedAppend
  extends Pick<SubmittedMessage, "idempotencyKey" | "upload" | "body"> {
  readonly box: Box;
  readonly read: boolean;
  readonly envelope: Uint8Array;
  /** How it is filed from the start. */
  readonly filing: SealedFiling | null;
}

/** Terms as a sender hands them over. */
export interface SubmissionTerms {
  readonly unknown: readonly (AccountName | Address)[];
  readonly partial: boolean;
  /** A span is counted from its delivery. */
  readonly expires: Moment | null;
  /** A span is counted from when it is stored; null: it is delivered at once. */
  readonly deliver: Moment | null;
  readonly burn: boolean;
}

/** @throws {MailError} `malformed` for times that do not follow one another, or lie too far ahead */
export function timesOf(
  { deliver, expires }: SubmissionTerms,
  now: number,
): Pick<SendTerms, "deliverAt" | "expiresAt"> {
  const deliverAt = deliver && timeOf(deliver, now);
  const expiresAt = expires && timeOf(expires, Math.max(deliverAt ?? now, now));
  if (deliverAt !== null && deliverAt > now + limits.maxHoldMs) {
    throw malformed("its delivery is too far ahead");
  }
  if (expiresAt !== null && expiresAt <= now) throw malformed("it has expired");
  if (expiresAt !== null && deliverAt !== null && expiresAt <= deliverAt) {
    throw malformed("it expires before it is delivered");
  }
  return { deliverAt, expiresAt };
}

/** @throws {MailError} `malformed` for its body, or for nobody, too many or somebody twice as recipients */
export function checkMessage(message: SubmittedMessage, unknown: SubmissionTerms["unknown"]): void {
  checkBody(message);
  requireNewer(message.keyring);
  const { recipients } = message;
  const names = [...recipients.map(({ name }) => name), ...unknown];
  if (names.length === 0) throw malformed("it has no recipient");
  if (names.length > limits.maxRecipients) throw malformed("it has too many recipients");
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw malformed(`it goes to ${JSON.stringify(twice)} twice`);
}

/** @throws {MailError} `malformed` unless the body comes in one of the two ways */
export function checkBody({ upload, body }: Pick<SubmittedMessage, "upload" | "body">): void {
  if ((upload === null) !== (body === null)) return;
  throw malformed("its body has to be either uploaded or in the request");
}

/** Names the body as the store takes it, once `checkBody` has passed it. */
export function bodyOf(
  { upload, body }: Pick<SubmittedMessage, "upload" | "body">,
): NewMessage["body"] {
  return body ?? { upload: upload! };
}

/** Digests here and now: waking another thread for each would cost ten times as much. */
export function digested(envelope: Uint8Array): StoredCopy {
  const digest = Uint8Array.fromHex(hash("sha256", envelope)); // faster than a Buffer, which would be copied
  return { envelope, envelopeDigest: asEnvelopeDigest(digest) };
}

function malformed(reason: string): MailError {
  return new MailError("malformed", `Cannot send the message: ${reason}`);
}
