/** Application passwords: what a program that is no mailctl client shows in the place of the account's password. */
import { MailError } from "./errors.ts";
import { limits } from "./limits.ts";

/** What one is good for. `smtp`: handing mail to the server; `bridge`: a bridge that runs on the owner's machine. */
export const appPasswordScopes = ["smtp", "bridge"] as const;

export type AppPasswordScope = typeof appPasswordScopes[number];

/** Checks what its owner calls an application password. @throws {MailError} `malformed` */
export function requireAppPasswordLabel(label: string): void {
  const count = [...label].length;
  // Shown in lists and logs: nothing that a terminal would obey, nothing that looks empty.
  if (
    count <= limits.maxAppPasswordLabelCharacters &&
    /^[^\p{C}\p{Z}]+( [^\p{C}\p{Z}]+)*$/u.test(label)
  ) return;
  throw new MailError(
    "malformed",
    `Cannot use ${JSON.stringify(label)} as the name of a password: it needs 1 to ` +
      `${limits.maxAppPasswordLabelCharacters} visible characters`,
  );
}
