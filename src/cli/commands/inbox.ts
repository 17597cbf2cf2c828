/** `mailctl inbox` */
import type { Moment } from "../../model/delivery_time.ts";
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag, textFlag } from "../flag.ts";
import { listBox, pageFlags } from "../message/list.ts";
import { type AccountFlags, accountFlags } from "../session.ts";

interface Flags extends AccountFlags {
  readonly limit: number | undefined;
  readonly before: number | undefined;
  readonly unread: boolean;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly since: Moment | undefined;
  readonly json: boolean;
}

export const examples = [
  "mailctl inbox --unread --since 3d",
  "mailctl inbox --to alice+backup",
  "mailctl inbox | cut -f1 | xargs mailctl read",
  "mailctl inbox --json | jq '.messages[].subject'",
];

export const command = buildCommand({
  docs: {
    brief: "List received messages, newest first",
    fullDescription:
      "List received messages, newest first. On a terminal, * marks an unread message,\n" +
      "and b marks an unread message that burns when you read it. `mailctl read ID`\n" +
      "shows a message.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: id, state,\n" +
      "outcome, time sent (UTC), sender, subject, number of attachments. The state is\n" +
      "unread, read, or burn (unread, and erased once it is read). The sender is in\n" +
      "parentheses if nobody signed the message.\n" +
      "\n" +
      "The outcome of checking the signature is one of these. On a terminal with fewer\n" +
      "than 64 columns, it is shown as a mark.\n" +
      "\n" +
      "  =  verified   valid, by your own key or one that you compared\n" +
      "  +  signed     valid, by the known key of the sender\n" +
      "  ?  unknown    valid, by a key that was not seen before\n" +
      "  !  changed    valid, but not by the known key of the sender\n" +
      "  X  invalid    not valid\n" +
      "  ~  notice     written by the server, unsigned\n" +
      "  <  imported   imported by you, not signed by its author\n" +
      "  -  unsigned   received by SMTP, unsigned\n" +
      "\n" +
      "With --to bob, lists messages that show bob in To, Cc or Bcc, with any tag; with\n" +
      "--to bob+TAG, only with that tag. The server does not know the tags of encrypted\n" +
      "mail, so mailctl may have to look through all messages.\n" +
      "\n" +
      "With --json, prints total, unread and messages.",
  },
  parameters: {
    flags: {
      limit: pageFlags.limit,
      before: pageFlags.before,
      unread: switchFlag("List only unread messages"),
      from: textFlag("NAME", "List only messages from NAME"),
      to: pageFlags.to,
      since: pageFlags.since,
      json: jsonFlag,
      ...accountFlags,
    },
    aliases: { n: "limit" },
  },
  func: (flags: Flags) => listBox("inbox", flags),
});
