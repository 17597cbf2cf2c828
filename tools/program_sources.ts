/** What mailctl is bundled from, wherever that is done. */
import { fileURLToPath } from "node:url";
import type { Sources } from "./bundle.ts";

/** A one-shot command reads one file of each of these, and its own; `--version` reads the first alone. */
export const programSources: Sources = {
  entry: inProject("main.ts"),
  workers: ["src/store/sqlite/writer.ts", "src/gateway/reception/sealing_worker.ts"].map(inProject),
  groups: [
    { name: "start", entries: [inProject("src/cli/dispatch.ts")] },
    {
      name: "session",
      entries: [
        inProject("src/cli/commands/inbox.ts"),
        inProject("src/client/open_mailbox.ts"),
        inProject("src/client/connection/server_address.ts"),
      ],
    },
    {
      name: "message",
      entries: [
        inProject("src/cli/commands/read.ts"),
        inProject("src/cli/commands/send.ts"),
        inProject("src/client/reading/open_message.ts"),
        inProject("src/client/sending/pinned_recipients.ts"),
      ],
    },
  ],
};

function inProject(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
