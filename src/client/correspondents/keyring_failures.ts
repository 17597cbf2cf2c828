/** What a keyring says where it cannot be trusted or changed, and where the server had lost contacts. */
import type { Address } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { changedKeyHint } from "../connection/changed_key_hints.ts";

const restoredHint =
  "If its operator has restored a backup, run `mailctl logout`, then `mailctl login`.";

export function wentBack(offered: number, seen: number): MailError {
  return new MailError(
    "bad_signature",
    `Cannot trust the server: it shows version ${offered} of the keyring, but version ${seen} was seen before`,
    { hint: restoredHint },
  );
}

export function ownKeysWentBack(): MailError {
  return new MailError(
    "bad_signature",
    "Cannot trust the server: it shows keys of this account that other keys took the place of",
    { hint: restoredHint },
  );
}

export function forked(version: number): MailError {
  return new MailError(
    "bad_signature",
    `Cannot trust the server: its version ${version} of the keyring differs from the one seen before`,
    { hint: restoredHint },
  );
}

export function ringFull(): MailError {
  return new MailError("too_large", "Cannot save the key: the list of contacts is full");
}

export const hadOlder =
  "The server had an older list of contacts; this machine's newer one was put back";

export const hadAnother =
  "The server had a different list of contacts; this machine's was added to it";

export const hasRestored = "The server says that it has restored a backup";

export function notPutBack(error: unknown): string {
  const why = error instanceof MailError ? error.message : String(error);
  return `The server has an older list of contacts; this machine's newer one was not put back: ${why}`;
}

export function pinnedMeanwhile(address: Address): MailError {
  return new MailError(
    "key_changed",
    `Cannot save the key of ${address}: another machine has saved a different one`,
    { hint: `Run \`mailctl verify ${address}\` to see it.` },
  );
}

export function keyChanged(names: readonly Address[]): MailError {
  return new MailError("key_changed", `Cannot send to ${names.join(", ")}: the key changed`, {
    hint: changedKeyHint(names),
  });
}

export function notVerified(names: readonly Address[]): MailError {
  return new MailError(
    "not_verified",
    `Cannot send to ${names.join(", ")}: the key is not verified`,
    { hint: `Run \`mailctl verify ${names.length === 1 ? names[0] : "NAME"}\` to compare it.` },
  );
}

/** True for what keeps a key that was only seen from being pinned, and is no reason to stop. */
export function canWait(error: unknown): boolean {
  return error instanceof MailError && passing.has(error.code);
}

const passing: ReadonlySet<string> = new Set([
  "try_later",
  "too_large",
  "unavailable",
  "storage_full",
  "storage_failed",
]);
