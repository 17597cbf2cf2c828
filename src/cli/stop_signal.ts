/** How a program that runs on is ended. */

/** Aborts at the first SIGINT or SIGTERM; the second ends the process as it would without us. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const stop = () => {
      controller.abort();
      Deno.removeSignalListener(signal, stop);
    };
    Deno.addSignalListener(signal, stop);
  }
  return controller.signal;
}
