/**
 * Receipts for what was sent, checked: the server hands them on and could make up, swap or keep back any. Loaded only
 * where there is one. WIRE.md 8.8.
 */
import { type Address, addressAt } from "../../model/address.ts";
import { sha256 } from "../../crypto/fingerprint.ts";
import { decodeReceipt, type Receipt, verifyReceipt } from "../../crypto/message/receipt.ts";
import { equalBytes } from "../../model/bytes.ts";
import { asReceiptDigest, type ReceiptDigest } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { OpenAccount } from "../account.ts";
import { type GivenEntry, hadKeys, type ListedDelivery, type OpenedEntry } from "./opened_entry.ts";
import { hasReceipts } from "./entry.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import type { ServerKeyHistory } from "../correspondents/key_history.ts";

/** Whom to ask for readers' keys. */
interface Source {
  keyLines(addresses: readonly Address[]): Promise<Map<Address, ServerKeyHistory>>;
}

/** What receipts are checked by. */
interface Checking {
  readonly account: OpenAccount;
  readonly keyring: Keyring;
  readonly source: Source;
  readonly now: number;
}

export interface CheckedEntries {
  /** In order. */
  readonly entries: GivenEntry[];
  /** Keeps what the keyring learned; to be called when the connection is free. */
  readonly keep: () => Promise<void>;
}

/** One receipt on its way through the checks. */
interface Shown {
  readonly reader: Address;
  readonly digest: ReceiptDigest;
  /** Null: it is none. */
  readonly receipt: Receipt | null;
}

/** Checks every receipt; readers' keys are asked for where a signature was not checked before, or is of other keys. */
export async function checkReceipts(
  checking: Checking,
  given: readonly GivenEntry[],
): Promise<CheckedEntries> {
  const { account, keyring, source, now } = checking;
  const shown = await Promise.all(given.map((each) => showAll(account, each)));
  const asked = given.flatMap(({ opened }, at) =>
    shown[at]!.filter((one) => needsKeys(account, keyring, opened, one)).map(({ reader }) => reader)
  );
  const lines = await linesOf(source, [...new Set(asked)]);
  const learned = keyring.learn(lines, now);
  const entries = await Promise.all(given.map(async ({ entry, opened }, at) => ({
    entry,
    opened: await judgeAll({ account, keyring, lines }, opened, shown[at]!),
  })));
  return { entries, keep: async () => learned ? await keyring.keepLearned(lines, now) : undefined };
}

async function showAll({ domain }: OpenAccount, given: GivenEntry): Promise<Shown[]> {
  if (!hasReceipts(given)) return [];
  const shown = given.entry.deliveries.map(async ({ recipient, receipt }) => {
    if (receipt === null) return [];
    const digest = asReceiptDigest(await sha256(receipt));
    return [{ reader: addressAt(recipient, domain), digest, receipt: decoded(receipt) }];
  });
  return (await Promise.all(shown)).flat();
}

function decoded(receipt: Uint8Array): Receipt | null {
  try {
    return decodeReceipt(receipt);
  } catch (error) {
    if (error instanceof MailError) return null;
    throw error;
  }
}

function needsKeys(
  account: OpenAccount,
  keyring: Keyring,
  opened: OpenedEntry,
  { reader, receipt, digest }: Shown,
): boolean {
  if (receipt === null || opened.contents === null) return false;
  return !isNoted(opened, digest) || standingOf(account, keyring, reader, receipt) === "changed";
}

function isNoted({ receipts }: OpenedEntry, digest: ReceiptDigest): boolean {
  return receipts.some((noted) => equalBytes(noted, digest));
}

/** In as many requests as it takes. */
async function linesOf(
  source: Source,
  readers: readonly Address[],
): Promise<Map<Address, ServerKeyHistory>> {
  const lines = new Map<Address, ServerKeyHistory>();
  for (let at = 0; at < readers.length; at += limits.maxRecipients) {
    const told = await source.keyLines(readers.slice(at, at + limits.maxRecipients));
    for (const [reader, line] of told) lines.set(reader, line);
  }
  return lines;
}

interface Known {
  readonly account: OpenAccount;
  readonly keyring: Keyring;
  readonly lines: ReadonlyMap<Address, ServerKeyHistory>;
}

async function judgeAll(
  known: Known,
  opened: OpenedEntry,
  shown: readonly Shown[],
): Promise<OpenedEntry> {
  const holding: ReceiptDigest[] = [];
  const found = new Map<string, Pick<ListedDelivery, "readAt" | "receipt">>();
  for (const one of shown) {
    const holds = isNoted(opened, one.digest) || await verifies(known, opened, one);
    if (holds) holding.push(one.digest);
    found.set(one.reader, holds ? judge(known, one.reader, one.receipt!) : refused(known, one));
  }
  const deliveries = opened.message.deliveries.map((delivery) => ({
    ...delivery,
    ...found.get(delivery.recipient),
  }));
  return { ...opened, message: { ...opened.message, deliveries }, receipts: holding };
}

/** Nobody can check what was signed by somebody whose account, and with it the keys, is gone. */
function refused(
  { lines }: Known,
  { reader, receipt }: Shown,
): Pick<ListedDelivery, "readAt" | "receipt"> {
  const isGone = receipt !== null && !lines.has(reader);
  return { readAt: null, receipt: isGone ? "unknown" : "invalid" };
}

async function verifies(
  { account, lines }: Known,
  { message: { headers }, contents }: OpenedEntry,
  { reader, receipt }: Shown,
): Promise<boolean> {
  if (headers === null || contents === null || receipt === null) return false;
  const key = lines.get(reader)?.signingKeys.get(receipt.fingerprint.toHex());
  const { messageId } = headers;
  const read = { messageId, contents, sender: account.address, reader };
  return key !== undefined && await verifyReceipt(key, read, receipt);
}

function judge(
  { account, keyring }: Known,
  reader: Address,
  receipt: Receipt,
): Pick<ListedDelivery, "readAt" | "receipt"> {
  const standing = standingOf(account, keyring, reader, receipt);
  const isReaders = standing === "verified" || standing === "signed";
  return { readAt: isReaders ? receipt.readAt : null, receipt: standing };
}

function standingOf(
  account: OpenAccount,
  keyring: Keyring,
  reader: Address,
  { fingerprint, readAt }: Receipt,
) {
  if (reader !== account.address) return keyring.judge(reader, fingerprint, readAt);
  return hadKeys(account, fingerprint, readAt) ? "verified" : "invalid";
}
