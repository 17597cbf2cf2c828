let isHeard = false;

/**
 * Has a write past `ulimit -f` fail with EFBIG from now on, so that what is half written can be put right: unheard, the
 * signal would end the program (setrlimit(2)). Listening costs 0.3 ms, so only who writes files does.
 */
export function failAtFileLimit(): void {
  if (isHeard || Deno.build.os === "windows") return;
  isHeard = true;
  Deno.addSignalListener("SIGXFSZ", () => {});
}
