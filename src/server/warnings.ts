/** What an operator should change, although the server runs: told in the log. */
import { validityOf } from "../crypto/certificate.ts";
import type { Quota } from "../store/administration_store.ts";
import { shares } from "../store/rules/quota.ts";
import type { Log } from "./log.ts";

/** Clients refuse a certificate by the clock. Looks at the first of a chain. `now`: milliseconds since 1970. */
export async function warnOfCertificate(
  log: Log,
  certificate: string,
  now: number,
): Promise<void> {
  const { from, until } = await validityOf(certificate);
  if (now > until) log.warning("certificate expired", { until: isoTime(until) });
  if (now < from) log.warning("certificate not valid yet", { from: isoTime(from) });
}

/** The longest messages fit into no mailbox of another account. */
export function warnOfQuota(log: Log, quota: Quota | undefined, maxMessageBytes: number): void {
  const share = (quota?.maxBytes ?? 0) * shares.account;
  if (share > 0 && maxMessageBytes > share) {
    log.warning("quota too small", { maxMessageBytes, shareBytes: share });
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
