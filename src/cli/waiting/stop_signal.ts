/** How a program that runs on is ended. */
import { ownSignal } from "../terminal/signals.ts";

const signals = ["SIGINT", "SIGTERM"] as const;

/** Aborts at the first SIGINT or SIGTERM; the second, of either, ends the process as it would without us. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    releases.forEach((release) => release());
    controller.abort();
  };
  const releases = signals.map((signal) => ownSignal(signal, stop));
  return controller.signal;
}
