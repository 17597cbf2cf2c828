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

interface FiledOutcome {
  readonly outcome: Outcome;
  readonly filing: Pick<Filing, "flags">;
}

interface Checked extends FiledOutcome {
  /** Set for a notice in which nothing of one's own came back. */
  readonly retentionNotice: object | null;
}

/** True for a draft of one's own: its owner's machines alone store drafts, and seal how they are filed. */
export function isOwnDraft({ outcome, filing }: FiledOutcome): boolean {
  return outcome === "imported" && filing.flags.includes("draft");
}

/** The outcome in a word, as people are shown it. */
export function shownOutcome(message: FiledOutcome): Outcome | "draft" {
  return isOwnDraft(message) ? "draft" : message.outcome;
}

/** Tells what is known of who wrote a message. */
export function signatureWords(message: Checked): string {
  if (message.retentionNotice !== null) return "none: the server wrote this";
  return isOwnDraft(message) ? "yours, a draft" : outcomeWords[message.outcome];
}
