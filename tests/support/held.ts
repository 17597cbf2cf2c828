/**
 * The program's side of `hold.ts`: what a test wants to stop stands still here until the test lets go, or kills it.
 * Loaded by `--preload` into a process of its own, never by the program.
 */
import type { Wish } from "./hold.ts";

const folder = Deno.env.get("MAILCTL_TEST_HOLD")!;
let seen = 0;

/** Does some work; stands still before or after it where the test wishes so. */
export async function held<T>(call: string, work: () => Promise<T>): Promise<T> {
  const when = requested(call);
  if (when === "before") await standStill(call);
  const result = await work();
  if (when === "after") await standStill(call);
  return result;
}

function requested(call: string): Wish["when"] | null {
  const query = readOptions();
  if (query === null || !query.calls.includes(call)) return null;
  return query.nth === undefined || ++seen === query.nth ? query.when : null;
}

function readOptions(): Wish | null {
  try {
    return JSON.parse(Deno.readTextFileSync(`${folder}/wish.json`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function standStill(call: string): Promise<void> {
  const mark = `${folder}/held.${call}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(mark, "");
  while (await Deno.stat(mark).then(() => true, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
