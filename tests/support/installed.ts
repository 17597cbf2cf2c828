/** Programs of others that a test needs. */

/** Whether all of them have to be there, as .ci/run has it: what is missing is a failure then. */
export const areAllNeeded = Deno.env.get("MAILCTL_TEST_CLIENTS") === "all";

/** Tells whether programs are there, or have to be. */
export function areInstalled(...programs: readonly string[]): boolean {
  if (areAllNeeded) return true;
  const test = 'PATH="$(git --exec-path):$PATH"; for each; do command -v "$each" || exit 1; done';
  const { success } = new Deno.Command("sh", {
    args: ["-c", test, "sh", ...programs],
    stdout: "null",
  }).outputSync();
  return success;
}
