/** How the server says that messages are filed, opened. */
import type { MailboxKey } from "../../crypto/account/mailbox_key.ts";
import { sha256 } from "../../crypto/fingerprint.ts";
import { decodeFiling, encodeFiling } from "../../crypto/message/filing.ts";
import { asEnvelopeDigest, type EnvelopeDigest } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { type Filing, unfiled } from "../../model/filing.ts";
import type { WireFiledEntry, WireFiling } from "../../wire/layouts.ts";

/** A message without what is in it, and how it is filed. */
export interface FiledMessage extends Omit<WireFiledEntry, "filing"> {
  readonly place: number;
  readonly modseq: number;
  readonly version: number;
  readonly filing: Filing;
  /** False: what the server gave was altered. It counts as not filed at all. */
  readonly isIntact: boolean;
}

export function isUnread({ box, readAt }: Pick<FiledMessage, "box" | "readAt">): boolean {
  return box === "inbox" && readAt === null;
}

interface Sealed {
  readonly envelopeDigest: EnvelopeDigest;
  readonly filing: WireFiling;
}

/** Opens how an entry is filed; null where it was altered. */
export async function openFiling(
  key: MailboxKey,
  { envelopeDigest, filing: { version, sealed } }: Sealed,
): Promise<Filing | null> {
  if (version === 0) return sealed === null ? unfiled : null;
  if (sealed === null) return null;
  try {
    return decodeFiling(await key.openFiling({ envelopeDigest, version }, sealed));
  } catch (error) {
    if (error instanceof MailError) return null;
    throw error;
  }
}

export async function openFiled(key: MailboxKey, entry: WireFiledEntry): Promise<FiledMessage> {
  const filing = await openFiling(key, entry);
  const { place, modseq, version } = entry.filing;
  const opened = { filing: filing ?? unfiled, isIntact: filing !== null };
  return { ...entry, place, modseq, version, ...opened };
}

/** Seals how a message is filed that is about to be stored. */
export async function sealFirstFiling(
  key: MailboxKey,
  envelope: Uint8Array,
  filing: Filing,
): Promise<SealedFiling> {
  return await sealFiling(key, asEnvelopeDigest(await sha256(envelope)), 1, filing);
}

/** A filing as the server keeps it. */
interface SealedFiling {
  readonly sealed: Uint8Array;
  readonly aside: boolean;
}

/** Seals a filing for the next version of an entry. */
export async function sealFiling(
  key: MailboxKey,
  envelopeDigest: EnvelopeDigest,
  version: number,
  filing: Filing,
): Promise<SealedFiling> {
  const sealed = await key.sealFiling({ envelopeDigest, version }, encodeFiling(filing));
  return { sealed, aside: filing.folder !== 0 };
}
