/** An account as `register`, `login` and `whoami` show it. */
import type { Mailbox } from "../../client/mailbox.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { writeJson, writeLine } from "../terminal/output.ts";
import { visible, visibleLine } from "../../model/visible_text.ts";

/** What there is to tell of an account; what is null is told in JSON only. */
type Facts = Readonly<Record<string, string | readonly string[] | null>>;

/** Shows the address and the fingerprint of the account that a mailbox belongs to. */
export async function showAccount(
  mailbox: Mailbox,
  asJson: boolean,
  more: Facts = {},
): Promise<void> {
  const { name, address, domain, fingerprint } = await mailbox.account();
  const own = { address, fingerprint: formatFingerprint(fingerprint), ...more };
  if (asJson) return await writeJson({ name, domain, ...own });
  await writeFacts(own);
}

/** Writes a line a fact, as `name<TAB>value`. */
export async function writeFacts(facts: Facts): Promise<void> {
  for (const [name, fact] of Object.entries(facts)) {
    if (fact === null) continue;
    const value = typeof fact === "string" ? fact : fact.join(", ");
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    await writeLine(visible`${visibleLine(words)}\t${visibleLine(value)}`);
  }
}
