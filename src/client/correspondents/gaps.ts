/** What was passed over of a correspondent's numbers: WIRE.md 9.2. */
import { succession } from "../../model/account.ts";
import { limits } from "../../model/limits.ts";
import type { AbsentRange, NumberRange } from "../../model/message.ts";
import { boundedRanges, byFirst, joined, without } from "./number_ranges.ts";

/**
 * `open`: nobody has looked yet whether it is in the mailbox. `missing`: it is not. `excused`: its sender says that it may
 * never come. `accepted`: the reader knows, and wants to hear no more of it.
 */
export const gapStates = ["open", "missing", "excused", "accepted"] as const;
export type GapState = typeof gapStates[number];

/** Numbers that were not seen though a higher one was. */
export interface Gap extends NumberRange {
  readonly state: GapState;
  /** Until then they have to be there, milliseconds since 1970; 0: they always do, or their state says otherwise. */
  readonly expires: number;
}

/** Parts a gap into what its sender says may never come, and what has to be there. */
export function excuse(gap: Gap, absent: readonly AbsentRange[], now: number): Gap[] {
  const state = gap.state === "excused" ? "open" : gap.state;
  return absent.reduce<Gap[]>(
    (parts, range) =>
      parts.flatMap((part) => {
        const outside = without(part, [range]);
        return [...outside, ...without(excused(part, range.expires, now), outside)];
      }),
    [{ ...gap, state, expires: 0 }],
  ).sort(byFirst);
}

/** Once they may be gone. Clocks may differ as far as they may for keys. */
export function excused(gap: Gap, expires: number, now: number): Gap {
  const state = expires <= now + succession.slackMs ? "excused" : gap.state;
  return { ...gap, state, expires: state === "open" ? expires : 0 };
}

/**
 * Of many gaps those that expire become one where they touch, then those that are excused with them; of those that do
 * not touch the newest stay.
 */
export function boundedGaps(gaps: readonly Gap[]): Gap[] {
  const all = joined(gaps, (a, b) => a.state === b.state && a.expires === b.expires);
  const expiring = boundedRanges(all, (a, b) => {
    const expires = Math.min(a.expires, b.expires);
    return a.state === b.state && expires > 0 ? { expires } : null;
  });
  const mayBeExcused = ({ state }: Gap) => state === "open" || state === "excused";
  return boundedRanges(
    expiring,
    (a, b) => mayBeExcused(a) && mayBeExcused(b) ? { state: "excused" as const, expires: 0 } : null,
  ).slice(-limits.maxNumberRanges);
}
