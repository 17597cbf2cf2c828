/** Why somebody is not let in. */
import { MailError } from "../model/errors.ts";
import type { Device } from "../store/device_store.ts";

export function wrongNameOrPassword(): MailError {
  return new MailError("denied", "Cannot log in: the name or password is wrong");
}

export function accountDisabled(): MailError {
  return new MailError("denied", "Cannot log in: the account is disabled", {
    hint: "Ask the server's administrator.",
  });
}

/** @throws {MailError} `denied` for a device whose time is over */
export function requireUnexpired({ expiresAt }: Pick<Device, "expiresAt">, now: number): void {
  if (expiresAt === null || now < expiresAt) return;
  const day = new Date(expiresAt).toISOString().slice(0, 10);
  throw new MailError("denied", `Cannot log in: the saved login expired on ${day}`, {
    hint: "Run `mailctl login`.",
  });
}
