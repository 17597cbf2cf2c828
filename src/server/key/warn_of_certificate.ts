/** Tells an operator of a certificate that clients refuse by the clock. */
import { validityOf } from "../../crypto/certificate.ts";
import type { Log } from "../log.ts";

/** Looks at the first certificate of a chain. `now`: milliseconds since 1970. */
export async function warnOfCertificate(
  log: Log,
  certificate: string,
  now: number,
): Promise<void> {
  const { from, until } = await validityOf(certificate);
  if (now > until) log.warning("certificate expired", { until: isoTime(until) });
  if (now < from) log.warning("certificate not valid yet", { from: isoTime(from) });
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
