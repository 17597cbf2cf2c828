/**
 * Entries that no account signed as their author. What a reader brought in counts in its own mailbox and in the box
 * that it chose; what came from outside counts only as the server's own. WIRE.md 8.9.
 */
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import { decodeUnsignedSummary, openUnsigned } from "../../crypto/message/unsigned.ts";
import type { Importer, Origin } from "../../model/message.ts";
import { systemName } from "../../model/bounce.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import { hadKeys, nothingOpened, type Opened } from "./opened_entry.ts";

/** Opens an entry by its envelope. @throws {MailError} where it cannot be opened, or its signature does not hold */
export async function openUnsignedEntry(
  account: OpenAccount,
  entry: WireEntry,
  signed: Uint8Array,
  isSame: boolean,
): Promise<Opened> {
  const envelope = await openUnsigned(signed);
  const { origin, importer } = envelope;
  const holds = isSame && isPlaced(account, entry, origin) &&
    (importer === null || await isOwn(account, entry, importer, origin));
  const known = { ...nothingOpened, body: envelope, notBefore: null, burn: false, isKnown: false };
  return { headers: envelope, ...known, senderFingerprint: null, origin, holds };
}

/** Opens an entry by its summary; who brought it in was checked when that was made. */
export function openUnsignedSummary(
  account: OpenAccount,
  entry: WireEntry,
  encoded: Uint8Array,
): Opened {
  const headers = decodeUnsignedSummary(encoded);
  const { origin } = headers;
  const holds = isPlaced(account, entry, origin);
  const known = { ...nothingOpened, body: headers, notBefore: null, burn: false, isKnown: true };
  return { headers, ...known, senderFingerprint: null, origin, holds };
}

function isPlaced({ name }: OpenAccount, { from, box }: WireEntry, { kind }: Origin): boolean {
  return kind === "import" ? from === name : from === systemName && box === "inbox";
}

async function isOwn(
  account: OpenAccount,
  { box }: WireEntry,
  importer: Importer,
  origin: Origin,
): Promise<boolean> {
  const { address, signingKey, recipientDigest } = importer;
  const at = origin.kind === "import" ? origin.importedAt : 0;
  return address === account.address && importer.box === box &&
    hadKeys(account, await fingerprintOf(signingKey, recipientDigest), at);
}
