/** `mailctl unblock` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, listArgument } from "../../flag.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = ["mailctl unblock mallory"];

export const command = buildCommand({
  docs: {
    brief: "Unblock senders",
    fullDescription:
      "Let mail of senders reach you again. Mail that they sent while they were blocked\n" +
      "is lost. If one of them is not blocked, nothing changes.\n" +
      "\n" +
      "Prints nothing. With --json, prints unblocked.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: listArgument("NAME|ADDRESS", "The senders to unblock", String),
  },
  func: async (flags: Flags, ...senders: string[]) => {
    const unblocked = await withMailbox(flags, (mailbox) => mailbox.unblock(senders));
    if (flags.json) await writeJson({ unblocked } satisfies JsonOf<"unblock">);
  },
});
