/** Programs of others that a test needs. */

/** Tells whether programs are there; where MAILCTL_TEST_CLIENTS is `all`, as .ci/run has it, they have to be. */
export function areInstalled(...programs: readonly string[]): boolean {
  if (Deno.env.get("MAILCTL_TEST_CLIENTS") === "all") return true;
  const test = 'PATH="$(git --exec-path):$PATH"; for each; do command -v "$each" || exit 1; done';
  const { success } = new Deno.Command("sh", {
    args: ["-c", test, "sh", ...programs],
    stdout: "null",
  }).outputSync();
  return success;
}
