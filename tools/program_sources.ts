/** What mailctl is bundled from, wherever that is done. */
import { fileURLToPath } from "node:url";
import type { Sources } from "./bundle.ts";

/** A one-shot command reads one file of each of these, and its own; `--version` reads the first alone. */
export const programSources: Sources = {
  entry: inProject("main.ts"),
  worker: inProject("src/store/sqlite_writer.ts"),
  groups: [
    { name: "start", entries: ["dispatch"] },
    { name: "session", entries: ["inbox", "login", "server_address"] },
    { name: "message", entries: ["read", "send", "open_message", "recipient_keys"] },
  ],
};

function inProject(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
