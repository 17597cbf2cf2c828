/** What the built program may do, and its tasks in deno.json with it: one list for every form it is built in. */
export const permissions: readonly string[] = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-sys",
];
