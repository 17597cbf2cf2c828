/** `mailctl sent` */
import { buildCommand } from "@stricli/core";
import { jsonFlag } from "../flag.ts";
import { listBox, pageFlags } from "../message/list.ts";
import { type AccountFlags, accountFlags } from "../session.ts";

interface Flags extends AccountFlags {
  readonly limit: number | undefined;
  readonly before: number | undefined;
  readonly since: number | undefined;
  readonly json: boolean;
}

export const examples = ["mailctl sent -n 5", "mailctl sent | grep stored"];

export const command = buildCommand({
  docs: {
    brief: "List what was sent, and who has read it",
    fullDescription:
      "List what was sent, newest first, with the state at each recipient: stored, read, returned\n" +
      "(the inbox has a notice of it then), held (not delivered yet) or cancelled.\n" +
      "Read is only what its reader signed, by the key known for that name; whoever gives no receipts\n" +
      "stays at stored. With --json, receipt tells what checking found.\n" +
      "Off a terminal, a line has these columns between tabs: id, states (bob@x=read,eve@x=stored),\n" +
      "signature, time it was stored (UTC), recipients, subject, number of attachments.\n" +
      "With --json: total, unread, messages.",
  },
  parameters: {
    flags: {
      ...pageFlags,
      json: jsonFlag,
      ...accountFlags,
    },
    aliases: { n: "limit" },
  },
  func: (flags: Flags) => listBox("sent", flags),
});
