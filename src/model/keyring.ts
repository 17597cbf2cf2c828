/** A keyring as it is kept and sent: a whole ring, sealed, and what changed since then. WIRE.md 9.1. */
import { MailError } from "./errors.ts";
import { asKeyringTag, type KeyringTag } from "./digests.ts";

/** A whole ring, or what changed since the part before, as its owner sealed it for this version. */
export interface KeyringPart {
  /** At least 1; above that of the part before, by any number. */
  readonly version: number;
  readonly sealed: Uint8Array;
}

/** What the next part is bound to: of all that the owner ever sealed, no two parts have the same. */
export function tagOf({ sealed }: Pick<KeyringPart, "sealed">): KeyringTag {
  return asKeyringTag(sealed.slice(-16));
}

/** Null: there is no part. */
export function newestTag(parts: readonly KeyringPart[]): KeyringTag | null {
  const newest = parts.at(-1);
  return newest === undefined ? null : tagOf(newest);
}

/** 0: there is no part. */
export function versionOf(parts: readonly KeyringPart[]): number {
  return parts.at(-1)?.version ?? 0;
}

export function areSame(a: readonly KeyringPart[], b: readonly KeyringPart[]): boolean {
  return versionOf(a) === versionOf(b) && newestTag(a)?.toHex() === newestTag(b)?.toHex();
}

export function bytesOf(parts: readonly Pick<KeyringPart, "sealed">[]): number {
  return parts.reduce((sum, { sealed }) => sum + sealed.length, 0);
}

/** @throws {MailError} `malformed` for a version that does not go up; null: there is nothing to replace */
export function requireNewer(
  update: { readonly version: number; readonly expectedVersion: number } | null,
  what = "keyring",
): void {
  if (update === null || update.version > update.expectedVersion) return;
  throw new MailError("malformed", `Cannot replace the ${what}: its version does not go up`);
}
