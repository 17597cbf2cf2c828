/** What may become of a keyring: its owner alone can open it, and reads whether the parts fit. WIRE.md 9.1. */
import { equalBytes } from "../../model/bytes.ts";
import type { KeyringTag } from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import type { KeyringUpdate } from "../account_store.ts";
import { keyringChanged, keyringTooLarge } from "../failures.ts";

/** The last part that an account keeps. */
interface NewestPart {
  readonly version: number;
  readonly tag: KeyringTag;
}

/** @throws {MailError} `keyring_changed` where the newest part is not the one that the change was made from */
export function requireNewest(
  { expectedVersion, after }: KeyringUpdate,
  newest: NewestPart | undefined,
): void {
  const isBehind = after === null || (newest !== undefined && equalBytes(after, newest.tag));
  if (!isBehind || expectedVersion !== (newest?.version ?? 0)) throw keyringChanged();
}

/** `bytes` and `count`: of all parts, with the new one. @throws {MailError} `too_large` */
export function requireRoomForPart({ bytes, count }: { bytes: number; count: number }): void {
  if (bytes > limits.maxKeyringBytes || count > limits.maxKeyringParts) {
    throw keyringTooLarge();
  }
}
