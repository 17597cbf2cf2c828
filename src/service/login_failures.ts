/** Why somebody is not let in. */
import { MailError } from "../model/errors.ts";

export function wrongNameOrPassword(): MailError {
  return new MailError("denied", "Cannot log in: the name or password is wrong");
}

export function accountDisabled(): MailError {
  return new MailError("denied", "Cannot log in: the account is disabled", {
    hint: "Ask the server's administrator.",
  });
}
