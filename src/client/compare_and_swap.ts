/** A change to what several machines change, each in the place of what it was made from: made anew where one was quicker. */

/** One try; false where another machine was quicker. */
type Attempt = () => Promise<boolean>;

/**
 * Tries until a change is taken, and reads again in between. Pauses are random and grow, so that machines which met do
 * not meet again. False: it was not, as often as that.
 */
export async function tryAnew(
  attempt: Attempt,
  reload: () => Promise<void>,
  attempts: number,
): Promise<boolean> {
  for (let tried = 0; tried < attempts; tried++) {
    if (await attempt()) return true;
    await pauseAfter(tried);
    await reload(); // after the pause: what is read is to be the newest still
  }
  return false;
}

async function pauseAfter(tried: number): Promise<void> {
  if (tried === 0) return; // most often there is one other, and it is through
  const milliseconds = Math.random() * Math.min(1_000, 25 * 2 ** tried);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Of fifty machines that begin at once each gets its turn within seconds. */
export const listAttempts = 20;
