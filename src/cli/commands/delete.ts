/** `mailctl delete` */
import type { EntryId } from "../../model/ids.ts";
import { buildCommand } from "@stricli/core";
import { limits } from "../../model/limits.ts";
import { MailError } from "../../model/errors.ts";
import { jsonFlag, listArgument, parseId } from "../flag.ts";
import { writeJson } from "../terminal/output.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl delete 12 15",
  "mailctl inbox --from bob | cut -f1 | xargs -r mailctl delete",
];

export const command = buildCommand({
  docs: {
    brief: "Delete messages from your mailbox",
    fullDescription:
      "Delete messages from your mailbox. Other people keep their copies. If one of the\n" +
      "ids does not exist, nothing is deleted.\n" +
      "\n" +
      "Prints nothing. With --json, prints the ids.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: listArgument("ID", "The ids of messages, from inbox or sent", parseId),
  },
  func: async (flags: Flags, ...ids: EntryId[]) => {
    const deleted = [...new Set(ids)];
    if (deleted.length > limits.maxIdsPerRequest) throw tooMany(deleted.length);
    await withMailbox(flags, (mailbox) => mailbox.delete(deleted));
    if (flags.json) await writeJson({ deleted } satisfies JsonOf<"delete">);
  },
});

function tooMany(count: number): MailError {
  return new MailError(
    "too_large",
    `Cannot delete ${count} messages at once: the limit is ${limits.maxIdsPerRequest}`,
  );
}
