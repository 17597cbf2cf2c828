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
    brief: "Give up messages of the queue of sendmail",
    fullDescription:
      "Remove messages from the queue; nobody gets them. An id that does not exist stops it there.\n" +
      "Prints nothing, with --json the ids.",
  },
  parameters: {
    flags: { json: jsonFlag },
    positional: listArgument("ID", "Messages, as `mailctl queue` lists them", String),
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
  return new MailError("no_such_message", `Cannot find ${id} in the queue`);
}
