/** The newest keyring that a machine saw: what tells that a server went back, and what is put back then. WIRE.md 9. */
import { sha256 } from "../../crypto/fingerprint.ts";
import type { MailboxKey } from "../../crypto/account/mailbox_key.ts";
import { openRing, type Ring } from "./contacts.ts";

/** How far a keyring was seen to go. */
export interface KeyringMark {
  readonly version: number;
  /** SHA-256 of what was sealed, hexadecimal; null for version 0. */
  readonly digest: string | null;
  /** The ring itself, to be put back at a server that has lost it. Absent: it was not kept. */
  readonly sealed?: Uint8Array | undefined;
}

export const noKeyring: KeyringMark = { version: 0, digest: null };

export async function markOf(version: number, sealed: Uint8Array | null): Promise<KeyringMark> {
  if (sealed === null) return { version, digest: null };
  return { version, digest: (await sha256(sealed)).toHex(), sealed };
}

/** Opens what was seen before; null where it was not kept, or cannot be opened by these keys. */
export async function openSeen(
  key: MailboxKey,
  { version, sealed }: KeyringMark,
): Promise<Ring | null> {
  if (version === 0) return { own: null, restoredAt: 0, contacts: [] };
  if (sealed === undefined) return null;
  return await openRing(key, { version, sealed }).catch(() => null);
}
