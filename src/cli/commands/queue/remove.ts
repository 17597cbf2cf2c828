/** `mailctl queue remove` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, listArgument } from "../../flag.ts";
import { stateFolder } from "../../settings/folders.ts";
import { writeJson } from "../../terminal/output.ts";
import { host } from "../../host.ts";

interface Flags {
  readonly json: boolean;
}

export const examples = ["mailctl queue remove mi9k2x3a-5f0c1d2e3b4a"];

export const command = buildCommand({
  docs: {
    brief: "Remove messages from the queue",
    fullDescription:
      "Remove messages from the queue of `mailctl sendmail`. They are not sent. If\n" +
      "one of the ids does not exist, or a message is just being sent, nothing is\n" +
      "removed.\n" +
      "\n" +
      "Prints nothing. With --json, prints the ids.",
  },
  parameters: {
    flags: { json: jsonFlag },
    positional: listArgument("ID", "The ids of messages, from queue", String),
  },
  func: async ({ json }: Flags, ...ids: string[]) => {
    const { Spool } = await import("../../../client/submission/spool.ts");
    const removed = [...new Set(ids)];
    await new Spool(stateFolder(host.env)).discard(removed);
    if (json) await writeJson({ removed });
  },
});
