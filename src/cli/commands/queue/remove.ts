/** `mailctl queue remove` */
import { buildCommand } from "@stricli/core";
import { MailError } from "../../../model/errors.ts";
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
      "Remove messages from the queue of `mailctl sendmail`. They are not sent. The\n" +
      "command stops at an id that does not exist.\n" +
      "\n" +
      "Prints nothing. With --json, prints the ids.",
  },
  parameters: {
    flags: { json: jsonFlag },
    positional: listArgument("ID", "The ids of messages, from queue", String),
  },
  func: async ({ json }: Flags, ...ids: string[]) => {
    const { Spool } = await import("../../../client/submission/spool.ts");
    const spool = new Spool(stateFolder(host.env));
    const removed = [...new Set(ids)];
    for (const id of removed) {
      if (!await spool.discard(id)) throw notThere(id);
    }
    if (json) await writeJson({ removed });
  },
});

function notThere(id: string): MailError {
  return new MailError(
    "no_such_message",
    `Cannot remove ${id}: there is no such message in the queue`,
  );
}
