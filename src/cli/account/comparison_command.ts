/** What `verify` and `trust` share: whom they are about, and what a script does with a fingerprint it was given. */
import type { Comparison } from "../../client/correspondents/trust.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import type { FingerprintTest } from "../../crypto/account/spoken.ts";
import { jsonFlag, textArgument } from "../flag.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";
import { say } from "../terminal/output.ts";
import { acceptGiven, fingerprintFlag } from "./accept_key.ts";
import { showComparison } from "./comparison_view.ts";

export interface ComparisonFlags extends AccountFlags {
  readonly fingerprint: FingerprintTest | undefined;
  readonly json: boolean;
}

export const comparisonParameters = {
  flags: { fingerprint: fingerprintFlag, json: jsonFlag, ...accountFlags },
  positional: textArgument("NAME", "The correspondent"),
} as const;

interface Ways {
  /** Shows both keys to a person. */
  readonly toPerson: (comparison: Comparison) => Promise<void>;
  /** Goes on where no fingerprint was given. */
  readonly decide: (mailbox: Mailbox, shown: Comparison, asJson: boolean) => Promise<void>;
}

/** Compares a correspondent's key, and takes a fingerprint that was given for the decision. */
export async function compareAndDecide(
  { toPerson, decide }: Ways,
  flags: ComparisonFlags,
  name: string,
): Promise<void> {
  await withMailbox(flags, async (mailbox) => {
    const shown = await mailbox.compare(name);
    const { address, account } = shown;
    if (address !== account) say(`${address} is an alias: its mail goes to ${account}`);
    if (flags.fingerprint === undefined) return await decide(mailbox, shown, flags.json);
    const verified = await acceptGiven(mailbox, shown, flags.fingerprint);
    await showComparison(verified, flags.json, toPerson);
    if (!flags.json) say(`The key of ${verified.address} is verified`);
  }, { startsPrograms: true });
}
