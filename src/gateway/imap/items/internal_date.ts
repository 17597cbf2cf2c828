/** RFC 9051 9, `date-month`. */
export const monthNames = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Writes a moment (milliseconds since 1970) as INTERNALDATE has it, in UTC. RFC 9051 9, `date-time` */
export function formatInternalDate(ms: number): string {
  const date = new Date(ms);
  const day = String(date.getUTCDate()).padStart(2, " ");
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  const time = date.toISOString().slice(-13, -5);
  return `"${day}-${monthNames[date.getUTCMonth()]}-${year} ${time} +0000"`;
}
