/** A bridge that speaks IMAP, in a process of its own. */
import type { JsonOf } from "../src/cli/schema/schemas.ts";
import type { ImapPlace } from "./imap_talk.ts";
import type { Workplace } from "./workplace.ts";

export interface RunningBridge {
  readonly pid: number;
  readonly imap: ImapPlace;
  stop(): Promise<void>;
}

type Facts = Pick<JsonOf<"bridge">, "user" | "password"> & {
  readonly imap: { readonly port: number };
};

/** Starts a bridge of its own for an account, which has remembered nothing. */
export async function startBridge(place: Workplace, account: string): Promise<RunningBridge> {
  const ports = ["--smtp", "--pop3", "--imap"].flatMap((flag) => [flag, "127.0.0.1:0"]);
  const args = ["bridge", "--json", ...ports, "--user", account];
  const process = place.start(place.program, args, "piped");
  const stop = async () => {
    process.kill("SIGTERM");
    await process.status;
  };
  let text = "";
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (!text.includes("\n")) continue;
    const { imap: { port }, user, password } = JSON.parse(text) as Facts;
    return { pid: process.pid, imap: { port, user, password }, stop };
  }
  throw new Error(`The bridge did not start: ${text}`);
}
