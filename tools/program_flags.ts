/** How the program is run, in whatever form it is built: as the task `mailctl` in deno.json runs it. */
import config from "../deno.json" with { type: "json" };

const words = config.tasks.mailctl.command.split(" ");

/** What it may do, and how the runtime is to be. Bytes pass through it by the MiB: a small nursery is all it needs. */
export const programFlags: readonly string[] = words.filter((word) => /^--(?!quiet$)/.test(word));

/**
 * The same where the runtime keeps no compiled code from one run for the next. What it keeps elsewhere is what it compiled
 * when it read a file: all of it, so that no command compiles a function.
 */
export const uncachedFlags: readonly string[] = programFlags.filter((flag) =>
  flag !== "--v8-flags=--no-lazy"
);
