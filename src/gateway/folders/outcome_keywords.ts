/** What is known of who wrote a message, as keywords of the bridge's making. */
import type { Outcome } from "../../model/message.ts";

/** What is withheld is a note, which nobody signed. */
const keywords: Readonly<Record<Outcome, string>> = {
  verified: "$MailctlVerified",
  signed: "$MailctlSigned",
  unknown: "$MailctlUnknown",
  unsigned: "$MailctlUnsigned",
  imported: "$MailctlImported",
  notice: "$MailctlNotice",
  changed: "$MailctlNotice",
  invalid: "$MailctlNotice",
};

/** `isNote`: a note stands in the place of the message. */
export function outcomeKeyword(outcome: Outcome, isNote: boolean): string {
  return keywords[isNote ? "notice" : outcome];
}
