/** A keyring, or another list, that its owner replaces, by itself or with what depends on it. */
import { MailError } from "../model/errors.ts";
import type { KeyringUpdate } from "../store/account_store.ts";

/** @throws {MailError} `malformed` for a version that does not go up; null: there is nothing to replace */
export function requireNewer(
  update: Pick<KeyringUpdate, "version" | "expectedVersion"> | null,
  what = "keyring",
): void {
  if (update === null || update.version > update.expectedVersion) return;
  throw new MailError("malformed", `Cannot replace the ${what}: its version does not go up`);
}
