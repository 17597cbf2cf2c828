/** How the program is run, in whatever form it is built: as the task `mailctl` in deno.json runs it. */
import config from "../deno.json" with { type: "json" };

const words = config.tasks.mailctl.command.split(" ");

/**
 * What it may do, and how the runtime is to be. Bytes pass through it by the MiB: a small nursery is all it needs. The heap
 * is collected once it has doubled; where there is much memory, V8 would let it grow to four times of what is alive.
 */
export const programFlags: readonly string[] = words.filter((word) => /^--(?!quiet$)/.test(word));
