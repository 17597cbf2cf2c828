/** How far the clocks of this machine and of the server are apart. Times that are signed are this machine's. */
import { succession } from "../../model/account.ts";
import type { Moment } from "../../model/delivery_time.ts";
import { MailError } from "../../model/errors.ts";
import type { Client } from "./client.ts";

/** How far the server's clock is ahead of a time told by this machine's, in milliseconds; it takes a round trip. */
export async function clockGap(client: Client, now: () => number): Promise<number> {
  const { time } = await client.call("ping", {});
  return time - now();
}

/** Says how the clocks differ: "3 hours behind the server's"; null where it does no harm. */
export function describeGap(gapMs: number): string | null {
  if (Math.abs(gapMs) <= succession.slackMs) return null;
  const minutes = Math.round(Math.abs(gapMs) / 60_000);
  const [count, unit] = minutes < 120
    ? [minutes, "minutes"]
    : minutes < 2 * 24 * 60
    ? [Math.round(minutes / 60), "hours"]
    : [Math.round(minutes / (24 * 60)), "days"];
  return `${count} ${unit} ${gapMs > 0 ? "behind" : "ahead of"} the server's`;
}

/** @throws {MailError} `configuration` where the clocks differ by more than correspondents accept: WIRE.md 7.5 */
export function requireRightClock(gapMs: number): void {
  const gap = describeGap(gapMs);
  if (gap === null) return;
  throw new MailError(
    "configuration",
    `Cannot change the keys: the clock of this machine is ${gap}`,
    { hint: "Set the clock, then run it again. Until then your mail could not be verified." },
  );
}

/**
 * Makes sure that a date means the same here and at the server, which would deliver at once what is over by its clock.
 * Asks the server, unless there is no date.
 * @throws {MailError} `configuration` where the clocks differ
 */
export async function requireSameDates(
  client: Client,
  { deliver, expires }: {
    readonly deliver?: Moment | undefined;
    readonly expires?: Moment | undefined;
  },
  now: () => number,
): Promise<void> {
  if (deliver?.kind !== "at" && expires?.kind !== "at") return;
  const gap = describeGap(await clockGap(client, now));
  if (gap === null) return;
  throw new MailError(
    "configuration",
    `Cannot send by a date: the clock of this machine is ${gap}`,
    { hint: "Set the clock, or write how long from now, such as 2h. The server counts that." },
  );
}
