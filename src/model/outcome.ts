/** What checking a message found, as people are told: the one place for these words. */
import type { Filing } from "./filing.ts";
import type { Outcome } from "./message.ts";

/** What checking a message found, in words. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  verified: "valid, by your own key or one that you compared",
  signed: "valid, by the known key of this sender",
  unknown: "valid, by a key that was not seen before",
  changed: "WARNING: valid, but not by the known key of this sender",
  invalid: "WARNING: invalid; anybody may have written this",
  notice: "none: the server wrote this; the returned message is signed by you",
  imported: "yours, from the import; anybody may have written this",
  unsigned: "none: it came by SMTP; anybody may have written this",
};

interface Checked {
  readonly outcome: Outcome;
  readonly filing: Filing;
  /** Set for a notice in which nothing of one's own came back. */
  readonly retentionNotice: object | null;
}

/** Tells what is known of who wrote a message. */
export function signatureWords({ outcome, filing, retentionNotice }: Checked): string {
  if (retentionNotice !== null) return "none: the server wrote this";
  // Its owner's machines alone store drafts, and seal how they are filed.
  if (outcome === "imported" && filing.flags.includes("draft")) return "yours, a draft";
  return outcomeWords[outcome];
}
