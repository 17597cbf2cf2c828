/** The sealed envelope of an entry, opened and checked by itself. Loaded only where no summary tells what is in it. */
import { openFile } from "../../crypto/age/file.ts";
import { fingerprintOf, sha256 } from "../../crypto/fingerprint.ts";
import {
  decodeEnvelope,
  digestContents,
  isUnsigned,
  verifyEnvelope,
} from "../../crypto/message/envelope.ts";
import { type Bytes, equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint, ContentsDigest } from "../../model/digests.ts";
import type { Envelope } from "../../model/message.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import { identitiesOf } from "./identities.ts";

export interface OpenedEnvelope {
  /** What was sealed: an envelope and its signature. */
  readonly signed: Bytes;
  /** True where it is the one whose digest the entry has. */
  readonly isSame: boolean;
  /** Null: no account signed it as its author. */
  readonly authored: AuthoredEnvelope | null;
}

interface AuthoredEnvelope {
  readonly envelope: Envelope;
  /** Of the keys that the envelope names. */
  readonly senderFingerprint: AccountFingerprint;
  /** True where it is the entry's, and its signature holds by these keys. */
  readonly isAuthentic: boolean;
  readonly contents: ContentsDigest;
}

/** @throws {MailError} where it cannot be opened */
export async function openEnvelope(
  account: OpenAccount,
  { envelopeDigest }: WireEntry,
  sealed: Uint8Array,
): Promise<OpenedEnvelope> {
  const signed = await openFile(identitiesOf(account), sealed);
  const isSame = equalBytes(await sha256(sealed), envelopeDigest);
  if (isUnsigned(signed)) return { signed, isSame, authored: null };
  const envelope = decodeEnvelope(signed);
  const { senderSigningKey, senderRecipientDigest } = envelope;
  const senderFingerprint = await fingerprintOf(senderSigningKey, senderRecipientDigest);
  const isAuthentic = isSame && await verifyEnvelope(signed, envelope);
  const contents = await digestContents(envelope);
  return { signed, isSame, authored: { envelope, senderFingerprint, isAuthentic, contents } };
}
