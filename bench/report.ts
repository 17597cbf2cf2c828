/** Figures beside their floors: the same run, the same machine, one line each. */

/** One figure. `floor` is what the work would cost if mailctl added nothing; null where that could not be measured. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor: number | null;
  readonly floorName: string;
}

/** Prints a section's figures as they are. */
export function report(section: string, figures: readonly Figure[]): void {
  print(`\n${section}\n${figures.map((figure) => `  ${lineOf(figure)}\n`).join("")}`);
}

/** A figure as a line, beside its floor. */
export function lineOf({ name, value, unit, floor, floorName }: Figure): string {
  const own = `${name.padEnd(44)}${`${format(value)} ${unit}`.padStart(14)}`;
  if (floor === null) return own;
  const times = `${(value / floor).toFixed(2)} x`.padStart(10);
  return `${own}${times}  ${format(floor)} ${unit}: ${floorName}`;
}

export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** The middle one: a noisy machine has long tails on one side only. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Milliseconds that some work takes. */
export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** The median milliseconds of several kinds of work, taken in turns so that noise hits all alike. */
export async function inTurns(
  rounds: number,
  works: readonly (() => Promise<unknown> | unknown)[],
): Promise<number[]> {
  const times = works.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, work] of works.entries()) times[at]!.push(await timed(work));
  }
  return times.map(median);
}

function format(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
