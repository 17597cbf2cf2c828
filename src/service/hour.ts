/** When something was last used is noted to the hour: more would tell more of its owner, and cost a write each time. */
import { MailError } from "../model/errors.ts";

const hourMs = 60 * 60 * 1000;

/**
 * Notes a use, unless this hour is noted: also where a clock that was ahead has noted a later one. No room for a note
 * keeps nobody out. Times: milliseconds since 1970.
 */
export async function noteHour(
  now: number,
  { usedAt }: { readonly usedAt: number | null },
  note: (hour: number) => Promise<void>,
): Promise<void> {
  const hour = now - now % hourMs;
  if (usedAt === hour) return;
  await note(hour).catch((error) => {
    if (!(error instanceof MailError)) throw error;
  });
}
