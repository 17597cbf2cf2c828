/** How often a second something can be done, by callers that each wait for the last answer before they ask again. */
import { median } from "./report.ts";

/** Lets so many callers work for so long, and returns how often a second they got through. */
export async function rate(
  callers: number,
  milliseconds: number,
  work: () => Promise<unknown> | unknown,
): Promise<number> {
  const begun = performance.now();
  let done = 0;
  const call = async () => {
    for (; performance.now() - begun < milliseconds; done++) await work();
  };
  await Promise.all(Array.from({ length: callers }, call));
  return done * 1000 / (performance.now() - begun);
}

/** The median of several rates, measured in turns so that noise hits all alike. */
export async function ratesInTurns(
  rounds: number,
  measures: readonly (() => Promise<number>)[],
): Promise<number[]> {
  const rates = measures.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, measure] of measures.entries()) rates[at]!.push(await measure());
  }
  return rates.map(median);
}
