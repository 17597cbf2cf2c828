/** State that a command can do without: where it cannot be saved, that is told, and the command goes on. */
import { MailError } from "../../model/errors.ts";

/** Hears what could not be saved, and why. */
export type OnUnsaved = (error: MailError) => void;

/** Waits for state to be saved, or tells that it cannot be. @throws {MailError} what is no failure to read or write */
export async function saveOrTell(saving: Promise<unknown>, onUnsaved?: OnUnsaved): Promise<void> {
  try {
    await saving;
  } catch (error) {
    if (!(error instanceof MailError) || !unwritable.has(error.code)) throw error;
    onUnsaved?.(error);
  }
}

const unwritable: ReadonlySet<string> = new Set(["cannot_create", "io"]);
