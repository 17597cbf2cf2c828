/** What owners call their application passwords and devices. */
import { MailError } from "./errors.ts";
import { limits } from "./limits.ts";

/**
 * Checks a label. It is shown in lists and logs: nothing that a terminal would obey, nothing that looks empty.
 * `what` is what it names. @throws {MailError} `malformed`
 */
export function requireLabel(label: string, what: "a password" | "a device"): void {
  const count = [...label].length;
  if (count <= limits.maxLabelCharacters && /^[^\p{C}\p{Z}]+( [^\p{C}\p{Z}]+)*$/u.test(label)) {
    return;
  }
  throw new MailError(
    "malformed",
    `Cannot use ${JSON.stringify(label)} as the name of ${what}: it needs 1 to ` +
      `${limits.maxLabelCharacters} visible characters`,
  );
}
