/** What a server gives of a message, and a keyring to open it with, without any server. */
import { asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import type { Client } from "../../src/client/connection/client.ts";
import { Keyring } from "../../src/client/correspondents/keyring.ts";
import { sha256 } from "../../src/crypto/fingerprint.ts";
import type { MailboxKey } from "../../src/crypto/account/mailbox_key.ts";
import type { Bytes } from "../../src/model/bytes.ts";
import { asAccountFingerprint, asEnvelopeDigest } from "../../src/model/digests.ts";
import type { WireEntry, WireFiling } from "../../src/wire/layouts.ts";

/** Makes an entry of the inbox around a sealed envelope: unread, from alice, but for what `routing` says. */
export async function sealedEntry(
  envelope: Bytes,
  routing: Partial<WireEntry> = {},
): Promise<WireEntry> {
  return {
    id: entryId(7),
    box: "inbox",
    from: asAccountName("alice"),
    storedAt: 5,
    readAt: null,
    sealedBytes: 100,
    envelopeDigest: asEnvelopeDigest(await sha256(envelope)),
    summary: null,
    envelope,
    deliveries: [],
    heldUntil: null,
    cancelledAt: null,
    expiresAt: null,
    burn: false,
    filing: unfiledEntry(7),
    ...routing,
  };
}

/** How an entry is filed that nobody filed. */
export function unfiledEntry(id: number): WireFiling {
  return { place: id, modseq: id, version: 0, aside: false, sealed: null };
}

/** Opens a keyring in which nobody is; whatever is saved of it is taken. */
export function emptyKeyring(key: MailboxKey): Promise<Keyring> {
  const client = { change: () => Promise.resolve({}) } as unknown as Client;
  const kept = { isWhole: true, parts: [], restoredAt: 0 };
  const note = () => Promise.resolve();
  const own = { fingerprint: asAccountFingerprint(new Uint8Array(32)), earlier: [] };
  return Keyring.open(kept, { client, own, key, seen: [], note, tell: () => {} });
}
