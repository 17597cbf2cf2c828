/** An account as `register`, `login` and `whoami` show it. */
import type { Mailbox } from "../../client/mailbox.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { writeJson, writeLine } from "../terminal/output.ts";
import { visible, visibleLine } from "../../model/visible_text.ts";

/** Shows the address and the fingerprint of the account that a mailbox belongs to. */
export async function showAccount(
  mailbox: Mailbox,
  asJson: boolean,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { name, address, domain, fingerprint } = await mailbox.account();
  const own = { address, fingerprint: formatFingerprint(fingerprint), ...more };
  if (asJson) return await writeJson({ name, domain, ...own });
  await writeFacts(own);
}

/** Writes a line a fact, as `name<TAB>value`. */
export async function writeFacts(facts: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(facts)) {
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    await writeLine(visible`${visibleLine(words)}\t${visibleLine(value)}`);
  }
}
