/** Runs the deno that is running now, and tells what it said where it failed. */

/** What one run of deno came to. `said` is its stderr without colours. */
export interface Outcome {
  readonly success: boolean;
  readonly said: string;
}

/** Runs deno with `args` in the folder `cwd`, quietly. */
export async function runDeno(args: readonly string[], cwd: string): Promise<Outcome> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { success, said: new TextDecoder().decode(stderr).trim() };
}
