/** How a program that runs on is ended. */
import { host } from "../host.ts";

const signals = ["SIGINT", "SIGTERM"] as const;

/** Aborts at the first SIGINT or SIGTERM; the second, of either, ends the process as it would without us. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    for (const signal of signals) host.removeSignalListener(signal, stop);
    controller.abort();
  };
  for (const signal of signals) host.addSignalListener(signal, stop);
  return controller.signal;
}
