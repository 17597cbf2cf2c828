/** What checking a message found, as people are told: the one place for these words. */
import type { Outcome } from "./message.ts";

/** What checking a message found, in words. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  verified: "valid, by a key that you compared",
  signed: "valid, by the known key of this sender",
  unknown: "valid, by a key that was not seen before",
  changed: "WARNING: valid, but not by the known key of this sender",
  invalid: "WARNING: invalid; anybody may have written this",
  notice: "none: the server wrote this; the returned message is signed by you",
  imported: "yours, from the import; anybody may have written this",
  unsigned: "none: it came by SMTP; anybody may have written this",
};

/** Of a notice in which nothing of one's own came back. */
export const serverWords = "none: the server wrote this";
