/** `mailctl inbox` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, parsedFlag, parseId, switchFlag, textFlag } from "../flag.ts";
import { defaultCount, listBox, parseCount } from "../list.ts";
import { parseSince } from "../moment.ts";
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
      "Off a terminal, a line has these columns between tabs: id, state (unread or read),\n" +
      "signature (verified, signed, unknown, changed, invalid, or notice: the server's word, that own\n" +
      "mail came back or that mail goes; imported: by you; unsigned: from outside), time it was sent\n" +
      "(UTC), sender (in parentheses where nobody signed it), subject, number of attachments.\n" +
      "With --json: total, unread, messages.\n" +
      "On a terminal, * stands before what was not read yet. Narrower than 64 columns, the signature\n" +
      "is a mark: = verified, + signed, ? unknown, ! changed, X invalid, ~ notice, < imported,\n" +
      "- unsigned.",
  },
  parameters: {
    flags: {
      limit: parsedFlag("COUNT", `At most so many (default ${defaultCount})`, parseCount),
      before: parsedFlag("ID", "Only what is older than this message", parseId),
      unread: switchFlag("Only what was not read yet"),
      from: textFlag("NAME", "Only what this account sent"),
      since: parsedFlag(
        "TIME",
        "Only from then on: 2h, 3d, 1w or an ISO date",
        (text) => parseSince(text),
      ),
      json: jsonFlag,
      ...accountFlags,
    },
    aliases: { n: "limit" },
  },
  func: (flags: Flags) => listBox("inbox", flags),
});
