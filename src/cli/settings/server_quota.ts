/** What a mailbox may hold that has no quota of its own. */
import { sizeWithin } from "../../model/size.ts";
import type { Quota } from "../../store/administration_store.ts";
import { wholeNumber } from "../flag.ts";
import type { Settings } from "./settings.ts";

const maxQuotaBytes = 1024 ** 5;
const quotaMessages = wholeNumber("a number of messages", 0, 1_000_000_000);

/** Finds the server's own. @throws {MailError} `usage`, `configuration` */
export function quotaOf(settings: Settings): Quota {
  return {
    maxBytes: settings.parse("quota", sizeWithin(0, maxQuotaBytes)),
    maxMessages: settings.parse("quotaMessages", quotaMessages),
  };
}
