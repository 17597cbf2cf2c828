/** What a password may be. */
import { utf8 } from "./bytes.ts";
import { MailError } from "./errors.ts";
import { limits } from "./limits.ts";

export type SecretWord = "password" | "passphrase";

/** Bounds a password; only a new one can be too short. @throws {MailError} `malformed` */
export function checkPassword(
  password: string,
  isNew: boolean,
  word: SecretWord = "password",
): void {
  if (utf8(password).length > limits.maxPasswordBytes) throw passwordTooLong();
  const length = [...password].length;
  const least = isNew ? limits.minPasswordCharacters : 1;
  if (length >= least) return;
  throw new MailError(
    "malformed",
    `Cannot use a ${word} of ${length} characters: it needs ${least} or more`,
  );
}

export function passwordTooLong(): MailError {
  return new MailError(
    "too_large",
    `Cannot use a password of more than ${limits.maxPasswordBytes} bytes`,
  );
}
