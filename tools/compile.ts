/** Makes the executable with `deno compile`: the usual form, for every system deno knows. */
import type { Bundle } from "./bundle.ts";
import { runDeno } from "./deno_command.ts";
import { uncachedFlags } from "./program_flags.ts";

/** Thrown where the base executable that `deno compile` completes cannot be downloaded. */
export class NoBase extends Error {
  override readonly name = "NoBase";
}

// The compiled program would look for its code cache under a name anybody can predict and own.
const flags = ["--no-code-cache", "--no-check", "--quiet"];
// The bundle holds all it needs: nothing from around it may be looked up, or embedded.
const alone = ["--no-config", "--no-lock", "--no-remote", "--no-npm"];

/**
 * Compiles `bundle` into the file `output`, for `target` or this system.
 * `DENORT_BIN`, where set, names the base to use: of exactly this version.
 * @throws {NoBase}
 */
export async function compile(bundle: Bundle, output: string, target?: string): Promise<void> {
  const include = bundle.files.flatMap((file) => ["--include", file]);
  const where = target ? ["--target", target] : [];
  const args = [...flags, ...alone, ...uncachedFlags, ...include, ...where, "--output", output];
  const outcome = await runDeno(["compile", ...args, bundle.main], bundle.folder);
  if (outcome.success) return;
  if (outcome.said.includes("Setting up base binary")) throw new NoBase(outcome.said);
  throw new Error(`Cannot compile:\n${outcome.said}`);
}
