/** Which application passwords an account may have. */
import { limits } from "../../model/limits.ts";
import { labelTaken, tooManyAppPasswords } from "../failures.ts";

/** @throws {MailError} `name_taken` for a label that is there; `too_large` where there are as many as there may be */
export function requireRoomForLabel(
  there: readonly { readonly label: string }[],
  wanted: string,
): void {
  if (there.some(({ label }) => label === wanted)) throw labelTaken(wanted);
  if (there.length >= limits.maxAppPasswords) throw tooManyAppPasswords(limits.maxAppPasswords);
}
