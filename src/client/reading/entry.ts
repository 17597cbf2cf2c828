/** One entry of a mailbox, opened and checked. WIRE.md 8.5. */
import { decodeSummary, isUnsignedSummary } from "../../crypto/message/summary.ts";
import { type Address, addressAt, isFoldedName } from "../../model/address.ts";
import { systemDisplayName, systemName } from "../../model/bounce.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { type Filing, unfiled } from "../../model/filing.ts";
import type { BodySeal, Envelope, Headers, Outcome } from "../../model/message.ts";
import { untagged } from "../../model/tagged_address.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import { hasHeard } from "../correspondents/numbered_contacts.ts";
import {
  type GivenEntry,
  hadKeys,
  nothingOpened,
  type Opened,
  type OpenedEntry,
} from "./opened_entry.ts";

/** True where the server has a receipt for something sent that holds. */
export function hasReceipts({ entry, opened: { message } }: GivenEntry): boolean {
  return message.box === "sent" && message.outcome !== "invalid" &&
    entry.deliveries.some(({ receipt }) => receipt !== null);
}

/**
 * Opens an entry, from its summary where there is one that opens; `whole`: from its envelope. A forged or damaged one is
 * told as `invalid`, not thrown.
 */
export async function openEntry(
  account: OpenAccount,
  keyring: Keyring,
  entry: WireEntry,
  { whole = false } = {},
): Promise<OpenedEntry> {
  const { id, box, storedAt, readAt, sealedBytes, heldUntil, cancelledAt, expiresAt } = entry;
  const from = addressOf(entry, account.domain);
  const unsent = heldUntil !== null ? "held" : cancelledAt !== null ? "cancelled" : null;
  const opened = await open(account, entry, whole);
  const deliveries = entry.deliveries.map(({ recipient: name }) => {
    const recipient = addressAt(name, account.domain);
    const received = opened !== null && box === "sent" &&
      hasHeard(keyring.find(recipient), numberOf(recipient, opened));
    return { recipient, received, readAt: null, receipt: null, bounced: null, unsent } as const;
  });
  const burn = entry.burn || opened?.burn === true;
  const times = { notBefore: opened?.notBefore ?? null, heldUntil, cancelledAt, expiresAt };
  const number = opened === null || box === "sent" ? 0 : numberOf(account.address, opened);
  const isKnown = opened?.isKnown ?? false;
  const state = { ...times, burn, number, isKnown, bounced: null, retentionNotice: null };
  const { place, version } = entry.filing;
  const filing = version === 0 ? unfiled : await filingOf(account, entry);
  const filed = { filing, place };
  const body = opened?.body ?? null;
  const sizes = { sealedBytes, encodedBytes: body?.encodedBytes ?? null };
  const listed = { id, box, from, storedAt, readAt, ...sizes, deliveries, ...state, ...filed };
  if (opened === null) return { message: { ...listed, ...invalid }, ...nothingOpened };
  const { headers, senderFingerprint, origin, holds, notBefore: _, ...about } = opened;
  const outcome = holds && isSized(body) ? judge(account, keyring, from, opened) : "invalid";
  return { message: { ...listed, outcome, headers, senderFingerprint, origin }, ...about };
}

/** False where a program would be told a size that base64 cannot make of the body. */
function isSized(body: BodySeal | null): boolean {
  if (body === null || body.encodedBytes === null) return true;
  const { bodyBytes, encodedBytes } = body;
  return encodedBytes > bodyBytes && encodedBytes <= 2 * bodyBytes;
}

/** Most mail is not filed, and most lists need none of this. */
async function filingOf({ mailboxKey }: OpenAccount, entry: WireEntry): Promise<Filing> {
  const { openFiling } = await import("../filing/filed_message.ts");
  return await openFiling(mailboxKey, entry) ?? unfiled;
}

function addressOf({ from }: WireEntry, domain: string): Address {
  return addressAt(from === systemName ? systemDisplayName : from, domain);
}

const invalid = {
  outcome: "invalid",
  headers: null,
  senderFingerprint: null,
  origin: null,
} as const;

/** Null: it cannot be opened, whatever the cause. */
async function open(
  account: OpenAccount,
  entry: WireEntry,
  whole: boolean,
): Promise<Opened | null> {
  const { summary, envelope } = entry;
  const kept = whole || summary === null
    ? null
    : await orNull(openSummary(account, entry, summary));
  if (kept !== null || envelope === null) return kept;
  return await orNull(openSealed(account, entry, envelope));
}

async function orNull(opening: Promise<Opened>): Promise<Opened | null> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof MailError) return null;
    throw error;
  }
}

async function openSummary(
  account: OpenAccount,
  entry: WireEntry,
  sealed: Uint8Array,
): Promise<Opened> {
  const encoded = await account.mailboxKey.openSummary(entry, sealed);
  if (isUnsignedSummary(encoded)) {
    const { openUnsignedSummary } = await import("./unsigned_entry.ts");
    return openUnsignedSummary(account, entry, encoded);
  }
  const summary = decodeSummary(encoded);
  const { senderFingerprint, contents, receipts, notBefore } = summary;
  const holds = isRouted(account, entry, {
    headers: summary,
    senderFingerprint,
    recipients: null,
  });
  const found = { body: summary, contents, receipts, notBefore, burn: summary.burn };
  const known = { ...nothingOpened, ...found, numbering: summary, isKnown: true };
  return { headers: summary, ...known, senderFingerprint, origin: null, holds };
}

async function openSealed(
  account: OpenAccount,
  entry: WireEntry,
  sealed: Uint8Array,
): Promise<Opened> {
  const { openEnvelope } = await import("./open_envelope.ts");
  const { signed, isSame, authored } = await openEnvelope(account, entry, sealed);
  if (authored === null) {
    const { openUnsignedEntry } = await import("./unsigned_entry.ts");
    return await openUnsignedEntry(account, entry, signed, isSame);
  }
  const { envelope, senderFingerprint, isAuthentic, contents } = authored;
  const { recipients, notBefore } = envelope;
  const holds = isAuthentic &&
    isRouted(account, entry, { headers: envelope, senderFingerprint, recipients });
  const receipts = await notedReceipts(account, entry);
  const found = { body: envelope, contents, receipts, notBefore, burn: envelope.burn };
  const numbering = { ...envelope, numbers: recipients.filter(({ number }) => number > 0) };
  const known = { envelope, isAuthentic, ...found, numbering, isKnown: false };
  return { headers: envelope, ...known, senderFingerprint, origin: null, holds };
}

/** What the summary tells of receipts where the envelope is wanted for the rest. */
async function notedReceipts(account: OpenAccount, entry: WireEntry): Promise<Opened["receipts"]> {
  if (entry.summary === null || entry.deliveries.length === 0) return [];
  return (await orNull(openSummary(account, entry, entry.summary)))?.receipts ?? [];
}

interface Claims {
  readonly headers: Headers;
  readonly senderFingerprint: AccountFingerprint;
  /** Null in a summary, which was checked when it was made. */
  readonly recipients: Envelope["recipients"] | null;
}

/** True where the server's routing agrees with what was signed. */
function isRouted(
  account: OpenAccount,
  entry: WireEntry,
  { headers, senderFingerprint, recipients }: Claims,
): boolean {
  const from = addressOf(entry, account.domain);
  if (headers.from !== from || !isFoldedName(entry.from)) return false;
  if (from === account.address && !hadKeys(account, senderFingerprint, headers.date)) return false;
  if (entry.box === "sent") return from === account.address && isAddressed(account, entry, headers);
  return recipients === null ||
    recipients.some(({ address, fingerprint }) =>
      address === account.address && isOrWasOwn(account, fingerprint)
    );
}

/** True where everybody whom the server says to have delivered to was addressed by the sender, who signed that. */
function isAddressed(
  { domain }: OpenAccount,
  { deliveries }: WireEntry,
  { to, cc, bcc }: Headers,
): boolean {
  const addressed = new Set([...to, ...cc, ...bcc].map(untagged));
  return deliveries.every(({ recipient }) => addressed.has(addressAt(recipient, domain)));
}

/** True for keys that mail to this account may be sealed to: whenever it had them, and also imported ones. */
function isOrWasOwn({ fingerprint, share }: OpenAccount, wanted: AccountFingerprint): boolean {
  return equalBytes(wanted, fingerprint) ||
    (share.earlier ?? []).some((keys) => equalBytes(keys.fingerprint, wanted));
}

function judge(
  account: OpenAccount,
  keyring: Keyring,
  from: Address,
  opened: Opened,
): Outcome {
  const { senderFingerprint, headers, origin } = opened;
  if (origin !== null) return origin.kind === "import" ? "imported" : "unsigned";
  if (senderFingerprint === null) return "invalid";
  if (from === account.address) return "verified";
  return keyring.judge(from, senderFingerprint, headers.date, numberOf(account.address, opened));
}

/** The number of the copy of one recipient, as far as this copy says it. */
function numberOf(address: Address, { numbering }: Opened): number {
  return numbering.numbers.find((copy) => copy.address === address)?.number ?? 0;
}
