/** What a service manager such as systemd hears from a program that it runs: sd_notify(3). */
import { sendDatagram } from "../../net/send_datagram.ts";
import { aborted } from "../../net/deadline.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import { say } from "../terminal/output.ts";
import { host } from "../host.ts";
import { notifySocketVariable } from "../settings/inherited.ts";

const lastWordsMs = 1000;

export interface ServiceManager {
  /** The program can be reached. Nothing is told of one that is ending already. */
  ready(): void;
  /** The program takes up new settings until the work is over; it does so once at a time, and what it read last stays. */
  reload(work: () => Promise<unknown>): Promise<void>;
  /** Waits until all of it is sent, for a second at most: what ends now would take it along. */
  told(): Promise<void>;
}

/**
 * Finds the service manager, and tells it when `signal` ends the program. Nothing is sent where there is none.
 * Takes the socket out of the environment, so that no program started from here speaks for this one.
 * A message that cannot be sent goes to `onTrouble`; the program runs on.
 */
export function findServiceManager(
  signal: AbortSignal,
  onTrouble: (error: Error) => void = ({ message }) => say(message),
): ServiceManager {
  const socket = host.env.get(notifySocketVariable);
  host.env.delete(notifySocketVariable);
  let last = Promise.resolve();
  const reloads = new SerialQueue();
  const tell = (state: string) => {
    if (!socket) return;
    last = last.then(() => sendDatagram(socket, state)).catch(onTrouble);
  };
  signal.addEventListener("abort", () => tell("STOPPING=1"), { once: true });
  return {
    ready: () => {
      if (!signal.aborted) tell("READY=1");
    },
    reload: (work) =>
      reloads.run(async () => {
        tell("RELOADING=1");
        await work();
        tell("READY=1");
      }),
    told: () => Promise.race([last, aborted(AbortSignal.timeout(lastWordsMs))]),
  };
}
