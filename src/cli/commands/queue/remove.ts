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
      "Remove messages from the queue of `mailctl sendmail`. They are not sent. If\n" +
      "one of the ids does not exist, nothing is removed.\n" +
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
    const queued = new Set(await spool.ids());
    const missing = removed.filter((id) => !queued.has(id));
    if (missing.length > 0) throw notThere(missing);
    for (const id of removed) {
      if (!await spool.discard(id)) throw notThere([id]); // sent in this moment
    }
    if (json) await writeJson({ removed });
  },
});

function notThere(ids: readonly string[]): MailError {
  return new MailError(
    "no_such_message",
    `Cannot remove ${ids.join(", ")}: there is no such message in the queue`,
    { hint: "Run `mailctl queue` for the list." },
  );
}
