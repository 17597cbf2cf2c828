/** What mailctl is bundled from, wherever that is done. */
import { fileURLToPath } from "node:url";
import type { Sources } from "./bundle.ts";

/** A one-shot command reads one file of these after the other, as far as it needs, and its own; `--version` the first. */
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
        inProject("src/cli/message/folder.ts"), // of more than a search, and small
        inProject("src/cli/terminal/progress.ts"),
        inProject("src/crypto/message/envelope.ts"),
      ],
    },
    {
      name: "sending",
      entries: [
        inProject("src/cli/commands/send.ts"),
        inProject("src/client/sending/pinned_recipients.ts"),
        inProject("src/client/sending/send.ts"),
      ],
    },
    {
      name: "reading",
      entries: [
        inProject("src/cli/commands/read.ts"),
        inProject("src/client/reading/open_message.ts"),
      ],
    },
  ],
};

function inProject(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
