/** `mailctl inbox` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag, textFlag } from "../flag.ts";
import { listBox, pageFlags } from "../message/list.ts";
import { type AccountFlags, accountFlags } from "../session.ts";

interface Flags extends AccountFlags {
  readonly limit: number | undefined;
  readonly before: number | undefined;
  readonly unread: boolean;
  readonly from: string | undefined;
  readonly since: number | undefined;
  readonly json: boolean;
}

export const examples = [
  "mailctl inbox --unread --since 3d",
  "mailctl inbox | cut -f1 | xargs mailctl read",
  "mailctl inbox --json | jq '.messages[].subject'",
];

export const command = buildCommand({
  docs: {
    brief: "List what was received, newest first",
    fullDescription: "List what was received, newest first.\n" +
      "Off a terminal, a line has these columns between tabs: id, state (unread, read, or burn: it\n" +
      "was not read, and is erased once it is), signature (verified, signed, unknown, changed, invalid,\n" +
      "or notice: the server's word, that own mail came back or that mail goes; imported: by you;\n" +
      "unsigned: from outside), time it was sent (UTC), sender (in parentheses where nobody signed it),\n" +
      "subject, number of attachments.\n" +
      "With --json: total, unread, messages.\n" +
      "On a terminal, * stands before what was not read yet, b where it then burns. Narrower than 64\n" +
      "columns, the signature is a mark: = verified, + signed, ? unknown, ! changed, X invalid,\n" +
      "~ notice, < imported, - unsigned.",
  },
  parameters: {
    flags: {
      limit: pageFlags.limit,
      before: pageFlags.before,
      unread: switchFlag("Only what was not read yet"),
      from: textFlag("NAME", "Only what this account sent"),
      since: pageFlags.since,
      json: jsonFlag,
      ...accountFlags,
    },
    aliases: { n: "limit" },
  },
  func: (flags: Flags) => listBox("inbox", flags),
});
