/** `mailctl cancel` */
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
  "mailctl cancel 12",
  "mailctl sent | grep =held | cut -f1 | xargs -r mailctl cancel",
];

export const command = buildCommand({
  docs: {
    brief: "Cancel messages that are not delivered yet",
    fullDescription:
      "Cancel messages that wait for delivery (send --at, --hold). Nobody ever gets\n" +
      "them. If one of them was delivered already, none is cancelled, and the exit\n" +
      "status is 86.\n" +
      "\n" +
      "Your own copies stay in sent, as cancelled. `mailctl forward` can still send\n" +
      "one.\n" +
      "\n" +
      "Prints nothing. With --json, prints the ids.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: listArgument("ID", "The ids of messages, from sent", parseId),
  },
  func: async (flags: Flags, ...ids: EntryId[]) => {
    const cancelled = [...new Set(ids)];
    if (cancelled.length > limits.maxIdsPerRequest) throw tooMany(cancelled.length);
    await withMailbox(flags, (mailbox) => mailbox.cancel(cancelled));
    if (flags.json) await writeJson({ cancelled } satisfies JsonOf<"cancel">);
  },
});

function tooMany(count: number): MailError {
  return new MailError(
    "too_large",
    `Cannot cancel ${count} messages at once: the limit is ${limits.maxIdsPerRequest}`,
  );
}
