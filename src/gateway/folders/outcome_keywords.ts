/** What is known of who wrote a message, as keywords of the bridge's making. */
import type { Outcome } from "../../model/message.ts";

/**
 * What is withheld is a note, which nobody signed. What the owner put there has none: it comes back with the flags that it
 * was given, and no other.
 */
const keywords: Readonly<Record<Outcome, string | null>> = {
  verified: "$MailctlVerified",
  signed: "$MailctlSigned",
  unknown: "$MailctlUnknown",
  unsigned: "$MailctlUnsigned",
  imported: null,
  notice: "$MailctlNotice",
  changed: "$MailctlNotice",
  invalid: "$MailctlNotice",
};

/** `isNote`: a note stands in the place of the message. */
export function outcomeKeyword(outcome: Outcome, isNote: boolean): string | null {
  return keywords[isNote ? "notice" : outcome];
}
