/** What checking a message found, as people are told: the one place for these words. */
import type { Outcome } from "./message.ts";

/** What checking a message found, in words. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  verified: "signed by a key that you compared",
  signed: "signed by the key known for this sender",
  unknown: "signed by a key not seen before",
  changed: "WARNING: signed by another key than the one known for this sender",
  invalid: "WARNING: the signature does not hold; anybody may have written this",
  notice: "none: the server says so; what came back is signed by you",
  imported: "of nobody but you, who imported it: anybody may have written this",
  unsigned: "none: it came from outside; anybody may have written this",
};

/** Of a notice in which nothing of one's own came back. */
export const serverWords = "none: the server says so";
