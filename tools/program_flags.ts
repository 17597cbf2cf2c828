/** How the program is run, in whatever form it is built: as the task `mailctl` in deno.json runs it. */
import config from "../deno.json" with { type: "json" };

const words = config.tasks.mailctl.command.split(" ");

/**
 * What it may do, and how the runtime is to be. Bytes pass through it by the MiB: a small nursery is all it needs. Files
 * are compiled whole: the runtime keeps that for the next run, and nothing that it compiles later.
 */
export const programFlags: readonly string[] = words.filter((word) => /^--(?!quiet$)/.test(word));

/** The same for a runtime that keeps nothing: it compiles functions when they are called. */
export const uncachedFlags: readonly string[] = programFlags.filter((flag) =>
  flag !== "--v8-flags=--no-lazy"
);
