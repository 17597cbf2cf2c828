/** What a keyring says where it cannot be trusted, or cannot be changed. */
import type { Address } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";

const restoredHint =
  "If its operator has restored a backup, run `mailctl logout`, then `mailctl login`.";

export function wentBack(offered: number, seen: number): MailError {
  return new MailError(
    "bad_signature",
    `Cannot trust the server: it shows version ${offered} of the keyring, but version ${seen} was seen before`,
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

export function pinnedMeanwhile(address: Address): MailError {
  return new MailError(
    "key_changed",
    `Cannot save the key of ${address}: another machine has saved a different one`,
    { hint: `Run \`mailctl verify ${address}\` to see it.` },
  );
}
