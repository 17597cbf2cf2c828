/** `mailctl sent` */
import { buildCommand } from "@stricli/core";
import type { Moment } from "../../model/delivery_time.ts";
import { jsonFlag } from "../flag.ts";
import { filingFlags, listBox, pageFlags } from "../message/list.ts";
import { type AccountFlags, accountFlags } from "../session.ts";

interface Flags extends AccountFlags {
  readonly limit: number | undefined;
  readonly before: number | undefined;
  readonly to: string | undefined;
  readonly since: Moment | undefined;
  readonly flagged: boolean;
  readonly keyword: string | undefined;
  readonly json: boolean;
}

export const examples = ["mailctl sent -n 5", "mailctl sent | grep stored"];

export const command = buildCommand({
  docs: {
    brief: "List sent messages, and who has read them",
    fullDescription:
      "List the messages in the folder Sent, newest first, with the state at each\n" +
      "recipient:\n" +
      "\n" +
      "  held       not delivered yet (send --at, --hold)\n" +
      "  cancelled  cancelled before delivery\n" +
      "  stored     delivered\n" +
      "  received   seen, as a later message of the recipient says\n" +
      "  read       read, with a receipt signed by the recipient's known key\n" +
      "  bounced    returned to you; your inbox has a notice\n" +
      "\n" +
      "A recipient who gives no receipts stays at stored or received.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: id, states\n" +
      "(bob@x=read,eve@x=stored), outcome, time sent (UTC), recipients, subject,\n" +
      "number of attachments.\n" +
      "\n" +
      "With --json, prints total, unread, messages, more (true if there may be more)\n" +
      "and missing. In each delivery, receipt has the result of checking the receipt.",
  },
  parameters: {
    flags: {
      ...pageFlags,
      ...filingFlags,
      json: jsonFlag,
      ...accountFlags,
    },
    aliases: { n: "limit" },
  },
  func: (flags: Flags) => listBox("sent", flags),
});
