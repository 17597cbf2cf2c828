/** Which summaries a mailbox takes. */
import { limits } from "../../model/limits.ts";
import { summaryTooLong } from "../failures.ts";

/** @throws {MailError} `too_large` for one that cannot be the summary of its envelope; both in bytes */
export function requireSummaryFits(summaryBytes: number, envelopeBytes: number): void {
  const most = envelopeBytes + limits.summaryMarginBytes;
  if (summaryBytes > most) throw summaryTooLong(summaryBytes, most);
}
