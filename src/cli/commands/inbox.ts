/** `mailctl inbox` */
import { buildCommand } from "@stricli/core";
import type { Moment } from "../../model/delivery_time.ts";
import { jsonFlag, switchFlag, textFlag } from "../flag.ts";
import { filingFlags, listBox, pageFlags } from "../message/list.ts";
import { type AccountFlags, accountFlags } from "../session.ts";

interface Flags extends AccountFlags {
  readonly limit: number | undefined;
  readonly before: number | undefined;
  readonly unread: boolean;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly since: Moment | undefined;
  readonly folder: string | undefined;
  readonly flagged: boolean;
  readonly keyword: string | undefined;
  readonly json: boolean;
}

export const examples = [
  "mailctl inbox --unread --since 3d",
  "mailctl inbox --to alice+backup",
  "mailctl inbox --folder Archive --flagged",
  "mailctl inbox | cut -f1 | xargs -r mailctl read",
  "mailctl inbox --json | jq '.messages[].subject'",
];

export const command = buildCommand({
  docs: {
    brief: "List received messages, newest first",
    fullDescription:
      "List the messages in INBOX, newest first. On a terminal, * marks an unread\n" +
      "message, b an unread message that burns when you read it, and f a flagged one.\n" +
      "`mailctl read ID` shows a message.\n" +
      "\n" +
      "The newest message is the last one that came to the account, whatever its date.\n" +
      "Imported messages stand above those that were there before.\n" +
      "\n" +
      "With --folder, lists the messages in another folder, received and sent. `mailctl\n" +
      "folders` lists the folders. The server cannot tell folders, flags and keywords\n" +
      "apart, so mailctl looks through how all messages are filed.\n" +
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
      "With --json, prints total, unread, messages, more (true if there may be more)\n" +
      "and missing.",
  },
  parameters: {
    flags: {
      limit: pageFlags.limit,
      before: pageFlags.before,
      unread: switchFlag("List only unread messages"),
      from: textFlag("NAME", "List only messages from NAME"),
      to: pageFlags.to,
      since: pageFlags.since,
      folder: textFlag("FOLDER", "List the messages in FOLDER instead of INBOX"),
      ...filingFlags,
      json: jsonFlag,
      ...accountFlags,
    },
    aliases: { n: "limit" },
  },
  func: (flags: Flags) => listBox("inbox", flags),
});
