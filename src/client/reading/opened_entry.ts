/** An entry of a mailbox, as it is once opened and checked. */
import { formerKeysOf } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import type { BounceReason } from "../../model/bounce.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint, ContentsDigest, ReceiptDigest } from "../../model/digests.ts";
import type { Filing } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type {
  BodySeal,
  Box,
  Envelope,
  Headers,
  NumberedCopy,
  Numbering,
  Origin,
  Outcome,
} from "../../model/message.ts";
import type { RetentionNotice } from "../../model/retention.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import type { Standing } from "../correspondents/keyring.ts";

/** That own mail did not reach somebody; only the server says so. */
export interface BounceNote {
  readonly reason: BounceReason;
  /** `name@domain` */
  readonly recipient: Address;
  readonly at: number;
}

/** How far a message got with one of its recipients. */
export interface ListedDelivery {
  /** `name@domain` */
  readonly recipient: Address;
  /** True where a later message of the recipient's, which it signed, says that it has this one. */
  readonly received: boolean;
  /** When it was read, as its reader signed it, milliseconds since 1970; null: nobody vouches that it was. */
  readonly readAt: number | null;
  /** What checking the reader's receipt found; null: there is none. Only the best two say that it was read. */
  readonly receipt: Standing | "invalid" | null;
  /** Why it came back; null: it did not. */
  readonly bounced: BounceReason | null;
  /** Why it never went there, so far or for good; null: it did. */
  readonly unsent: "held" | "cancelled" | null;
}

/** A message as a list shows it. */
export interface ListedMessage {
  readonly id: EntryId;
  readonly box: Box;
  /** `name@domain` of the account that the server took it from: never what a message says that nobody signed. */
  readonly from: Address;
  readonly storedAt: number;
  readonly readAt: number | null;
  readonly sealedBytes: number;
  /** As its envelope has it (`BodySeal`). */
  readonly encodedBytes: number | null;
  readonly outcome: Outcome;
  /** Null where it cannot be opened; what is only forged is shown, as `invalid`. */
  readonly headers: Headers | null;
  /** The sender's key fingerprint; null where there is no envelope. */
  readonly senderFingerprint: AccountFingerprint | null;
  /** For sent mail: how far it got. */
  readonly deliveries: readonly ListedDelivery[];
  /** For own mail that came back: why. */
  readonly bounced: BounceNote | null;
  /** For an announcement that mail goes: which. */
  readonly retentionNotice: Omit<RetentionNotice, "id"> | null;
  /** For mail that no account signed as its author: where it comes from. */
  readonly origin: Origin | null;
  /** Of mail that waits: when its sender lets recipients have it, as signed; null: at once, or nobody knows. */
  readonly notBefore: number | null;
  /** For sent mail that nobody else has yet: when they get it. */
  readonly heldUntil: number | null;
  /** For sent mail that was taken back before anybody had it: when. */
  readonly cancelledAt: number | null;
  /** For unread mail in the inbox: when it goes back to its sender, as the server says. */
  readonly expiresAt: number | null;
  /** It is erased when it is read: its sender says so, or the server. */
  readonly burn: boolean;
  /** Of its sender's messages to this account; 0: it has none. */
  readonly number: number;
  /** How its owner filed it; what the server altered counts as not filed. */
  readonly filing: Filing;
  /** Its place in its folder. */
  readonly place: number;
  /** True where a summary says that it was opened under this id before: else the server may show any message by it. */
  readonly isKnown: boolean;
}

/** A message whose envelope was opened and checked; its body is checked piece by piece as it is read. */
export interface OpenedMessage extends ListedMessage {
  readonly headers: Headers;
  /** What a receipt for it is over (`digestContents`); null for a notice, which nobody sent. */
  readonly contents: ContentsDigest | null;
  /**
   * Hands out the MIME source, whose parts may be binary: for other programs see `encodedSource`. May be called once, before the next call on the mailbox.
   * @throws {MailError} `no_such_message` where it burnt; `bad_signature` before any byte of a piece that does not match its signed digest.
   */
  source(): AsyncIterable<Uint8Array>;
}

/** An entry, opened. */
export interface OpenedEntry {
  readonly message: ListedMessage;
  /** Null where it cannot be opened, was opened from its summary, or is unsigned. */
  readonly envelope: Envelope | null;
  /** False: the envelope is not the one that was stored, or its signature fails. */
  readonly isAuthentic: boolean;
  /** What opens its body, which has to be that; null where it cannot be opened. */
  readonly body: BodySeal | null;
  /** What receipts are for (`digestContents`); null where it cannot be opened, or nobody signed it as its author. */
  readonly contents: ContentsDigest | null;
  /** What its sender signed of numbers. */
  readonly numbering: OpenedNumbering;
  /** True where its sender signed that it burns; the server may say so by itself. */
  readonly burn: boolean;
  /** SHA-256 of receipts whose signature is known to hold. */
  readonly receipts: readonly ReceiptDigest[];
}

/** What was signed of the numbers of one's own copy, and of all copies where it is the sender's. */
export interface OpenedNumbering extends Numbering {
  readonly numbers: readonly NumberedCopy[];
}

/** An entry as the server gave it, and opened. */
export interface GivenEntry {
  readonly entry: WireEntry;
  readonly opened: OpenedEntry;
}

/** What was found in an entry. */
export interface Opened extends Omit<OpenedEntry, "message"> {
  readonly headers: Headers;
  /** As in the envelope. */
  readonly notBefore: number | null;
  /** As in the envelope. */
  readonly burn: boolean;
  /** True where it was opened from its summary. */
  readonly isKnown: boolean;
  /** Null for unsigned mail, which no sender of ours signed. */
  readonly senderFingerprint: AccountFingerprint | null;
  /** Null for mail that an account signed. */
  readonly origin: Origin | null;
  /** True where the signature is the one of the key that the envelope names, and the routing agrees. */
  readonly holds: boolean;
}

/** Of an entry that cannot be opened, and of one that nobody gives receipts for. */
export const nothingOpened = {
  envelope: null,
  isAuthentic: false,
  body: null,
  contents: null,
  receipts: [],
  numbering: { numbers: [], since: 0, absent: [], heard: 0, lacks: [] },
  burn: false,
} as const;

/** True where the account has these keys, or had them when something was signed. */
export function hadKeys(
  { fingerprint, share }: OpenAccount,
  wanted: AccountFingerprint,
  date: number,
): boolean {
  return equalBytes(wanted, fingerprint) ||
    formerKeysOf(share.earlier ?? [], wanted, date) !== null;
}

/** The outcome to tell: listing pinned the key of a first contact, which makes its sender no better known. */
export function outcomeAsListed(opened: Outcome, listed: Outcome): Outcome {
  return listed === "unknown" && opened === "signed" ? listed : opened;
}
