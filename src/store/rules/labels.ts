/** Which application passwords and devices an account may have. */
import { limits } from "../../model/limits.ts";
import { labelTaken, tooManyLabels } from "../failures.ts";

interface Labelled {
  readonly label: string;
}

/** @throws {MailError} `name_taken` for a label that is there; `too_large` where there are as many as there may be */
export function requireRoomForAppPassword(there: readonly Labelled[], wanted: string): void {
  if (isThere(there, wanted)) throw labelTaken("application password", wanted);
  if (there.length < limits.maxAppPasswords) return;
  throw tooManyLabels("application password", limits.maxAppPasswords);
}

/** @throws {MailError} as `requireRoomForAppPassword` */
export function requireRoomForDevice(there: readonly Labelled[], wanted: string): void {
  if (isThere(there, wanted)) throw labelTaken("device", wanted);
  if (there.length >= limits.maxDevices) throw tooManyLabels("device", limits.maxDevices);
}

function isThere(there: readonly Labelled[], wanted: string): boolean {
  return there.some(({ label }) => label === wanted);
}
