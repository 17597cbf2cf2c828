/** One entry of a mailbox, opened and checked. WIRE.md 8.5. */
import {
  decodeEnvelope,
  decodeSummary,
  digestContents,
  openEnvelope,
  verifyEnvelope,
} from "../crypto/envelope.ts";
import { accountFingerprint, sha256 } from "../crypto/fingerprint.ts";
import { formerKeysOf } from "../model/account.ts";
import { parseName } from "../model/address.ts";
import { equalBytes } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import type { Box, Envelope, Headers, Outcome } from "../model/message.ts";
import type { Removal } from "../model/retention.ts";
import { type ReturnReason } from "../model/returned.ts";
import type { WireEntry } from "../wire/operations.ts";
import { identitiesOf, type OpenAccount } from "./account.ts";
import type { Keyring } from "./keyring.ts";

/** That own mail did not reach somebody; only the server says so. */
export interface ReturnedNote {
  readonly reason: ReturnReason;
  /** `name@domain` */
  readonly recipient: string;
  readonly at: number;
}

/** How far a message got with one of its recipients. */
export interface ListedDelivery {
  /** `name@domain` */
  readonly recipient: string;
  /** When it was read, as its reader signed it, milliseconds since 1970; null: nobody vouches that it was. */
  readonly readAt: number | null;
  /** What checking the reader's receipt found; null: there is none. Only the best two say that it was read. */
  readonly receipt: Exclude<Outcome, "notice"> | null;
  /** Why it came back; null: it did not. */
  readonly returned: ReturnReason | null;
  /** Why it never went there, so far or for good; null: it did. */
  readonly unsent: "held" | "cancelled" | null;
}

/** A message as a list shows it. */
export interface ListedMessage {
  readonly id: number;
  readonly box: Box;
  /** `name@domain` of the account that the server took it from. */
  readonly from: string;
  readonly storedAt: number;
  readonly readAt: number | null;
  readonly sealedBytes: number;
  readonly outcome: Outcome;
  /** Null where it cannot be opened; what is only forged is shown, as `invalid`. */
  readonly headers: Headers | null;
  /** The sender's key fingerprint; null where there is no envelope. */
  readonly senderFingerprint: Uint8Array | null;
  /** For sent mail: how far it got. */
  readonly deliveries: readonly ListedDelivery[];
  /** For own mail that came back: why. */
  readonly returned: ReturnedNote | null;
  /** For an announcement that mail goes: which. */
  readonly removal: Omit<Removal, "id"> | null;
  /** For sent mail that nobody else has yet: when they get it. */
  readonly heldUntil: number | null;
  /** For sent mail that was taken back before anybody had it: when. */
  readonly cancelledAt: number | null;
  /** It is erased when it is read: its sender says so, or the server. */
  readonly burn: boolean;
}

/** An entry, opened. */
export interface OpenedEntry {
  readonly message: ListedMessage;
  /** Null where it cannot be opened, or was opened from its summary. */
  readonly envelope: Envelope | null;
  /** What receipts are for (`digestContents`); null where it cannot be opened, or its summary does not tell. */
  readonly contents: Uint8Array | null;
  /** SHA-256 of receipts whose signature is known to hold. */
  readonly receipts: readonly Uint8Array[];
}

/** An entry as the server gave it, and opened. */
export interface GivenEntry {
  readonly entry: WireEntry;
  readonly opened: OpenedEntry;
}

/** True where the server has a receipt for something sent that holds. */
export function hasReceipts({ entry, opened: { message } }: GivenEntry): boolean {
  return message.box === "sent" && message.outcome !== "invalid" &&
    entry.deliveries.some(({ receipt }) => receipt !== null);
}

/** Opens an entry, from its summary where it has no envelope. A forged or damaged one is told as `invalid`, not thrown. */
export async function openEntry(
  account: OpenAccount,
  keyring: Keyring,
  entry: WireEntry,
): Promise<OpenedEntry> {
  const { id, box, storedAt, readAt, sealedBytes, heldUntil, cancelledAt } = entry;
  const from = `${entry.from}@${account.domain}`;
  const unsent = heldUntil !== null ? "held" : cancelledAt !== null ? "cancelled" : null;
  const deliveries = entry.deliveries.map(({ recipient }) => ({
    recipient: `${recipient}@${account.domain}`,
    readAt: null,
    receipt: null,
    returned: null,
    unsent,
  } as const));
  const opened = await open(account, entry);
  const burn = entry.burn || opened?.envelope?.burn === true;
  const state = { heldUntil, cancelledAt, burn, returned: null, removal: null };
  const listed = { id, box, from, storedAt, readAt, sealedBytes, deliveries, ...state };
  if (opened === null) return { message: { ...listed, ...invalid }, ...nothingOpened };
  const { headers, envelope, senderFingerprint, contents, receipts } = opened;
  const holds = opened.holds && headers.from === from && isFolded(entry.from) &&
    isRouted(account, box, from, { senderFingerprint, headers, envelope });
  const outcome = holds ? judge(account, keyring, from, opened) : "invalid";
  const message = { ...listed, outcome, headers, senderFingerprint } as const;
  return { message, envelope, contents, receipts };
}

const invalid = { outcome: "invalid", headers: null, senderFingerprint: null } as const;
const nothingOpened = { envelope: null, contents: null, receipts: [] } as const;

/** The answer to a server that gives something else than it was asked for. */
export function notAskedFor(): MailError {
  return new MailError("protocol", "Cannot use the server's answer: it is not what was asked for");
}

interface Opened extends Pick<OpenedEntry, "envelope" | "contents" | "receipts"> {
  readonly headers: Headers;
  readonly senderFingerprint: Uint8Array;
  /** True where the signature is the one of the key that the envelope names. */
  readonly holds: boolean;
}

/** Null: it cannot be opened, whatever the cause. */
async function open(account: OpenAccount, entry: WireEntry): Promise<Opened | null> {
  try {
    return entry.envelope === null
      ? await openSummary(account, entry)
      : await openSealed(account, entry, entry.envelope);
  } catch (error) {
    if (error instanceof MailError) return null;
    throw error;
  }
}

async function openSummary({ mailboxKey }: OpenAccount, entry: WireEntry): Promise<Opened> {
  const sealed = entry.summary ?? new Uint8Array(0);
  const summary = decodeSummary(await mailboxKey.openSummary(entry, sealed));
  const { senderFingerprint, contents, receipts, ...headers } = summary;
  return { headers, envelope: null, senderFingerprint, contents, receipts, holds: true };
}

async function openSealed(
  account: OpenAccount,
  entry: WireEntry,
  sealed: Uint8Array,
): Promise<Opened> {
  const signed = await openEnvelope(identitiesOf(account), sealed);
  const envelope = decodeEnvelope(signed);
  const senderFingerprint = await accountFingerprint({
    signingKey: envelope.senderSigningKey,
    recipient: envelope.senderRecipient,
  });
  const same = equalBytes(await sha256(sealed), entry.envelopeDigest);
  return {
    headers: envelope,
    envelope,
    senderFingerprint,
    contents: await digestContents(envelope),
    receipts: await notedReceipts(account, entry),
    holds: same && await verifyEnvelope(signed),
  };
}

/** What the summary, which counts for nothing else beside an envelope, tells of receipts. */
async function notedReceipts(account: OpenAccount, entry: WireEntry): Promise<Opened["receipts"]> {
  if (entry.summary === null || entry.deliveries.length === 0) return [];
  return await openSummary(account, entry).then(({ receipts }) => receipts, () => []);
}

/** True where the server's routing agrees with what was signed; a summary was checked when it was made. */
function isRouted(
  account: OpenAccount,
  box: Box,
  from: string,
  { senderFingerprint, headers, envelope }: Pick<
    Opened,
    "senderFingerprint" | "headers" | "envelope"
  >,
): boolean {
  if (from === account.address && !hadKeys(account, senderFingerprint, headers.date)) return false;
  if (box === "sent") return from === account.address;
  return envelope === null ||
    envelope.recipients.some(({ address, fingerprint }) =>
      address === account.address && isOrWasOwn(account, fingerprint)
    );
}

/** True for keys that mail to this account may be sealed to: whenever it had them, and also imported ones. */
function isOrWasOwn({ fingerprint, secretKeys }: OpenAccount, wanted: Uint8Array): boolean {
  return equalBytes(wanted, fingerprint) ||
    (secretKeys.earlier ?? []).some((keys) => equalBytes(keys.fingerprint, wanted));
}

/** True where the account has these keys, or had them when something was signed. */
export function hadKeys(
  { fingerprint, secretKeys }: OpenAccount,
  wanted: Uint8Array,
  date: number,
): boolean {
  return equalBytes(wanted, fingerprint) ||
    formerKeysOf(secretKeys.earlier ?? [], wanted, date) !== null;
}

/** False for a spelling that no account has: it could look like another. */
function isFolded(name: string): boolean {
  try {
    return parseName(name) === name;
  } catch {
    return false;
  }
}

function judge(
  account: OpenAccount,
  keyring: Keyring,
  from: string,
  { senderFingerprint, headers }: Opened,
): Outcome {
  if (from === account.address) return "verified";
  return keyring.judge(from, senderFingerprint, headers.date);
}
